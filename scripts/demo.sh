#!/usr/bin/env bash
# The main job from end to end, on a temporary copy of the examples: validate, plan, apply, plan again. Then one file is
# changed in git's way and one row behind git's back, and the plan tells the two apart. The first apply is the installer's;
# from then on real operators of several roles go on, each with what is theirs. Each command is printed before it runs;
# anything unexpected ends the demo.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$root/examples/tenants/." "$copy"
cd "$copy"
export NO_COLOR=${NO_COLOR-1}

set -a
# shellcheck source=/dev/null
. ./demo.env # made-up secrets
set +a

# run EXIT-CODE TEXT COMMAND...: the command must end with this code and print this text.
run() {
    local wanted=$1 text=$2 code=0
    shift 2
    printf '\n$'
    local word
    for word in "$@"; do
        case $word in
            *[[:space:]]*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@" > "$copy/.output" 2>&1 || code=$?
    cat "$copy/.output"
    if [ "$code" -ne "$wanted" ]; then
        printf 'demo: expected exit code %s, got %s\n' "$wanted" "$code" >&2
        exit 1
    fi
    has "$text"
}

# has TEXT: the last output holds this text, wherever its lines are broken.
has() {
    if [ -n "$1" ] && ! tr -s ' \n' ' ' < "$copy/.output" | grep -qF -- "$1"; then
        printf 'demo: expected to read: %s\n' "$1" >&2
        exit 1
    fi
}

run 0 'Valid: ' reconciler validate
echo
echo '# The whole plan is long; --quiet shows the verdict alone.'
run 0 'Plan: ' reconciler plan --quiet
echo
echo '# Nobody is there yet who could have a right. The first apply is the installer'"'"'s, and leaves administrators behind.'
run 4 'the first apply is apply --bootstrap' reconciler apply --auto-approve
run 0 'Apply complete!' reconciler apply --auto-approve --quiet --bootstrap
run 0 'No changes.' reconciler plan --detailed-exitcode

echo
echo '# A change in a manifest, as a pull request would bring it ...'
run 0 '' sed -i 's/Certificates, services, signatures/Certificates, services, signatures and stamps/' \
    tenants/farol-services/helpdesk.yaml
echo
echo '# ... and a change behind the back of git, as another program would make it.'
run 0 '1 row changed' python -c "
import sqlite3
live = sqlite3.connect('.reconciler/live.db')
changed = live.execute(\"UPDATE service_types SET sort_order = 99 WHERE name = 'incident'\").rowcount
live.commit()
print(changed, 'row changed')
"
run 2 'Plan: 0 to add, 2 to change, 0 to destroy.' reconciler plan --detailed-exitcode
has intent
has drift

echo
echo '# The help desk of a partner is none of its issuers'"'"' business: an issuer operator is told no more than that ...'
run 4 'operator marta.cedro@cedro.example.com may not change Category/farol-services/signing' \
    reconciler apply --auto-approve --target '*/farol-services/signing' --as marta.cedro@cedro.example.com
has 'who can: administrator, distributor, partner'
echo
echo '# ... and not even an administrator writes it. Its own partner does.'
run 4 '(field description): the help desk is configured by the owning company' \
    reconciler plan --as tomas.vidal@sign.example.net
run 0 'Apply complete! 0 added, 2 changed, 0 destroyed.' \
    reconciler apply --auto-approve --mine --as diogo.farol@farol.example.com

echo
echo '# What belongs to the platform is the other way round.'
run 0 '' sed -i 's/page: first/page: last/' tenants/farol-services/cedro-retail.yaml
run 4 'general configurations are changed by administrators only' \
    reconciler apply --auto-approve --mine --as diogo.farol@farol.example.com
run 0 'Apply complete! 0 added, 1 changed, 0 destroyed.' \
    reconciler apply --auto-approve --as tomas.vidal@sign.example.net
echo
echo '# A plan of several people is carried by all of them together: each part by one who has the right to it.'
run 0 '' sed -i 's/and stamps/and seals/' tenants/farol-services/helpdesk.yaml
run 0 '' sed -i 's/position: top-right/position: bottom-right/' tenants/farol-services/cedro-retail.yaml
run 0 'Apply complete! 0 added, 2 changed, 0 destroyed.' \
    reconciler apply --auto-approve --as tomas.vidal@sign.example.net --as diogo.farol@farol.example.com
run 0 'No changes.' reconciler plan --detailed-exitcode --as rita.fonseca@sign.example.net

printf '\nThe demo went as expected.\n'
