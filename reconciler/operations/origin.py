"""explain ADDRESS: where the values of a declared resource come from. Reads manifests, and nothing else."""

from __future__ import annotations

from reconciler.engine.origin import origins
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Severity
from reconciler.model.errors import InvalidManifests, UsageError
from reconciler.model.formats import nearest
from reconciler.model.provenance import Origin
from reconciler.operations.validate import judge
from reconciler.ports import ManifestReader


def explain_origin(catalog: Catalog, reader: ManifestReader, name: str) -> tuple[Address, tuple[Origin, ...]]:
    """The resource of ``name``, an address or one with a dot and a field, and where that comes from.

    Raises:
        UsageError: the name names nothing that is declared, or no field of it.
        InvalidManifests: the manifests hold errors, so that nobody knows whether it is declared.
    """
    try:
        whole = Address.parse(name)
    except ValueError as error:
        raise UsageError(str(error), hint="write Kind/tenant/name or Kind/tenant/name.field") from None
    judged = judge(catalog, reader)
    declared = {one.address: one for one in judged.resources}
    cuts = [len(whole.name), *(place for place, one in reversed(list(enumerate(whole.name))) if one == ".")]
    for cut in cuts:
        resource = declared.get(whole._replace(name=whole.name[:cut]))
        if resource is not None:
            return resource.address, origins(catalog[whole.kind], resource, whole.name[cut + 1 :])
    if not judged.valid:
        wrong = tuple(one for one in judged.diagnostics if one.severity is Severity.ERROR)
        raise InvalidManifests("the manifests hold errors; mend them first", diagnostics=wrong)
    near = nearest(name, [str(one) for one in declared if one.kind == whole.kind])
    hint = f"did you mean {near}?" if near else "validate lists how many there are; --env chooses an environment"
    raise UsageError(f"no manifest declares {name}", hint=hint)
