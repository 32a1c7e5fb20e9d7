# ruff: noqa: E501, PLR0915  # generated: one long function, as wide as its checks are
"""initial.

Frozen: generated from the declarations of the kinds, and never edited after a release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from reconciler.adapters.database.storage import utc_now

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the changes."""
    op.create_table(
        "bundles",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("included_signatures", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("custody", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("notifications", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint(
            '"included_signatures" >= 0 AND "included_signatures" <= 1000000000', name="ck_bundles_included_signatures"
        ),
        sa.CheckConstraint("\"state\" IN ('active', 'retired')", name="ck_bundles_state"),
        sa.CheckConstraint('CAST("custody" AS INTEGER) IN (0, 1)', name="ck_bundles_custody"),
        sa.CheckConstraint('CAST("notifications" AS INTEGER) IN (0, 1)', name="ck_bundles_notifications"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_bundles_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_bundles_rev"),
        sa.CheckConstraint("tenant IS NULL", name="ck_bundles_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_bundles_name"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_bundles_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "certificate_authorities",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("qualified", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("remote_service_base_url", sa.Text(), nullable=False),
        sa.Column("remote_service_client_id", sa.Text(), nullable=True),
        sa.Column("remote_service_client_secret", sa.Text(), nullable=True),
        sa.Column("remote_service_client_secret_version", sa.Text(), nullable=True),
        sa.Column("remote_service_client_secret_fingerprint", sa.Text(), nullable=True),
        sa.Column("authorization_modes", sa.Text(), nullable=True),
        sa.Column(
            "authorization_code_ttl_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint(
            '"authorization_code_ttl_seconds" >= 30 AND "authorization_code_ttl_seconds" <= 600',
            name="ck_certificate_authorities_authorization_code_ttl_seconds",
        ),
        sa.CheckConstraint("\"state\" IN ('active', 'disabled')", name="ck_certificate_authorities_state"),
        sa.CheckConstraint("\"type\" IN ('remote-csc', 'remote-proprietary')", name="ck_certificate_authorities_type"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_certificate_authorities_protect"),
        sa.CheckConstraint('CAST("qualified" AS INTEGER) IN (0, 1)', name="ck_certificate_authorities_qualified"),
        sa.CheckConstraint("rev >= 1", name="ck_certificate_authorities_rev"),
        sa.CheckConstraint("tenant IS NULL", name="ck_certificate_authorities_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_certificate_authorities_name"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_certificate_authorities_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("sent_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_table(
        "partners",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("vat_number", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("billing_account", sa.Text(), nullable=True),
        sa.Column("billing_currency", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("address_line1", sa.Text(), nullable=False),
        sa.Column("address_line2", sa.Text(), nullable=True),
        sa.Column("address_city", sa.Text(), nullable=False),
        sa.Column("address_region", sa.Text(), nullable=True),
        sa.Column("address_postal_code", sa.Text(), nullable=False),
        sa.Column("address_country", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="registered", nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("subscription_link", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "\"state\" IN ('registered', 'active', 'suspended', 'blocked', 'deleted')", name="ck_partners_state"
        ),
        sa.CheckConstraint("\"tier\" IN ('partner', 'distributor')", name="ck_partners_tier"),
        sa.CheckConstraint("\"type\" IN ('integrator', 'reseller')", name="ck_partners_type"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_partners_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_partners_rev"),
        sa.CheckConstraint("tenant IS NULL", name="ck_partners_tenant"),
        sa.ForeignKeyConstraint(["parent"], ["partners.name"], name="fk_partners_parent"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_partners_name"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_partners_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("partners", schema=None) as batch_op:
        batch_op.create_index("ix_partners_parent", ["parent"], unique=False)

    op.create_table(
        "reconciler_approvals",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("digest", "approver"),
        sqlite_strict=True,
    )
    op.create_table(
        "reconciler_changes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("edge", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("commit_id", sa.Text(), nullable=True),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    with op.batch_alter_table("reconciler_changes", schema=None) as batch_op:
        batch_op.create_index("ix_reconciler_changes_address", ["kind", "tenant", "name"], unique=False)
        batch_op.create_index("ix_reconciler_changes_run", ["run"], unique=False)

    op.create_table(
        "reconciler_journal",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("reconciler_journal", schema=None) as batch_op:
        batch_op.create_index("ix_reconciler_journal_row", ["table_name", "tenant", "name"], unique=False)

    op.create_table(
        "reconciler_meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_strict=True,
    )
    op.create_table(
        "reconciler_resources",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("applied", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=True),
        sa.Column("management", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "tenant", "name"),
        sqlite_strict=True,
    )
    op.create_table(
        "reconciler_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("approvers", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("added", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("changed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("destroyed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commit_id", sa.Text(), nullable=True),
        sa.Column("last_change", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_table(
        "reconciler_session",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
        sqlite_strict=True,
    )
    op.create_table(
        "reconciler_tenants",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column(
            "generation", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False
        ),
        sa.PrimaryKeyConstraint("tenant"),
        sqlite_strict=True,
    )
    op.create_table(
        "roles",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("default", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("permissions", sa.Text(), nullable=True),
        sa.Column("built_in", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("\"type\" IN ('admin', 'reseller', 'account', 'customer')", name="ck_roles_type"),
        sa.CheckConstraint('CAST("built_in" AS INTEGER) IN (0, 1)', name="ck_roles_built_in"),
        sa.CheckConstraint('CAST("default" AS INTEGER) IN (0, 1)', name="ck_roles_default"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_roles_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_roles_rev"),
        sa.CheckConstraint("tenant IS NULL", name="ck_roles_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_roles_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "system_configurations",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("platform_name", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=True),
        sa.Column("default_language", sa.Text(), nullable=True),
        sa.Column("default_time_zone", sa.Text(), nullable=True),
        sa.Column("password_policy_min_length", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("password_policy_max_length", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("password_policy_require_letters", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("password_policy_require_digits", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("password_policy_require_lower", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("password_policy_require_upper", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("password_policy_require_special", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("password_policy_expiry_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("custody_years", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ca_access_max_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ca_access_max_signatures", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ca_access_warn_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ca_access_warn_usage_percent", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("helpdesk_mail_providers", sa.Text(), nullable=True),
        sa.Column("features_ipv6_trusted_ips", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("policy_smtp_editors", sa.Text(), nullable=True),
        sa.Column("legal_qualified_signature_mandatory_from", sa.Text(), nullable=True),
        sa.CheckConstraint(
            '"ca_access_max_days" >= 1 AND "ca_access_max_days" <= 60',
            name="ck_system_configurations_ca_access_max_days",
        ),
        sa.CheckConstraint(
            '"ca_access_max_signatures" >= 1 AND "ca_access_max_signatures" <= 1000000000',
            name="ck_system_configurations_ca_access_max_signatures",
        ),
        sa.CheckConstraint(
            '"ca_access_warn_days" >= 1 AND "ca_access_warn_days" <= 30',
            name="ck_system_configurations_ca_access_warn_days",
        ),
        sa.CheckConstraint(
            '"ca_access_warn_usage_percent" >= 50 AND "ca_access_warn_usage_percent" <= 99',
            name="ck_system_configurations_ca_access_warn_usage_percent",
        ),
        sa.CheckConstraint(
            '"custody_years" >= 1 AND "custody_years" <= 30', name="ck_system_configurations_custody_years"
        ),
        sa.CheckConstraint("\"environment\" IN ('staging', 'production')", name="ck_system_configurations_environment"),
        sa.CheckConstraint(
            '"password_policy_expiry_days" >= 0 AND "password_policy_expiry_days" <= 365',
            name="ck_system_configurations_password_policy_expiry_days",
        ),
        sa.CheckConstraint(
            '"password_policy_max_length" >= 32 AND "password_policy_max_length" <= 32',
            name="ck_system_configurations_password_policy_max_length",
        ),
        sa.CheckConstraint(
            '"password_policy_min_length" >= 6 AND "password_policy_min_length" <= 32',
            name="ck_system_configurations_password_policy_min_length",
        ),
        sa.CheckConstraint(
            'CAST("features_ipv6_trusted_ips" AS INTEGER) IN (0, 1)',
            name="ck_system_configurations_features_ipv6_trusted_ips",
        ),
        sa.CheckConstraint(
            'CAST("password_policy_require_digits" AS INTEGER) IN (0, 1)',
            name="ck_system_configurations_password_policy_require_digits",
        ),
        sa.CheckConstraint(
            'CAST("password_policy_require_letters" AS INTEGER) IN (0, 1)',
            name="ck_system_configurations_password_policy_require_letters",
        ),
        sa.CheckConstraint(
            'CAST("password_policy_require_lower" AS INTEGER) IN (0, 1)',
            name="ck_system_configurations_password_policy_require_lower",
        ),
        sa.CheckConstraint(
            'CAST("password_policy_require_special" AS INTEGER) IN (0, 1)',
            name="ck_system_configurations_password_policy_require_special",
        ),
        sa.CheckConstraint(
            'CAST("password_policy_require_upper" AS INTEGER) IN (0, 1)',
            name="ck_system_configurations_password_policy_require_upper",
        ),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_system_configurations_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_system_configurations_rev"),
        sa.CheckConstraint("tenant IS NULL", name="ck_system_configurations_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", name="uq_system_configurations_name"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_system_configurations_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "categories",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("service_types", sa.Text(), nullable=True),
        sa.Column("sort_order", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint(
            "\"audience\" IN ('distributors', 'partners', 'customers', 'all')", name="ck_categories_audience"
        ),
        sa.CheckConstraint('"sort_order" >= 0 AND "sort_order" <= 999', name="ck_categories_sort_order"),
        sa.CheckConstraint("\"state\" IN ('active', 'disabled', 'archived')", name="ck_categories_state"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_categories_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_categories_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_categories_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_categories_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "customers",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("company_name", sa.Text(), nullable=False),
        sa.Column("address_line1", sa.Text(), nullable=False),
        sa.Column("address_line2", sa.Text(), nullable=True),
        sa.Column("address_city", sa.Text(), nullable=True),
        sa.Column("address_region", sa.Text(), nullable=True),
        sa.Column("address_postal_code", sa.Text(), nullable=True),
        sa.Column("address_country", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("customer_type", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("tax_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("suspension_cause", sa.Text(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.CheckConstraint("\"plan\" IN ('standard', 'enterprise')", name="ck_customers_plan"),
        sa.CheckConstraint("\"state\" IN ('active', 'suspended', 'blocked', 'closed')", name="ck_customers_state"),
        sa.CheckConstraint(
            "\"stopped_by\" IN ('administrator', 'distributor', 'partner')", name="ck_customers_stopped_by"
        ),
        sa.CheckConstraint(
            "\"suspension_cause\" IN ('overdue-invoice', 'insufficient-funds', 'manual')",
            name="ck_customers_suspension_cause",
        ),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_customers_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_customers_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_customers_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "parent"], ["customers.tenant_key", "customers.name"], name="fk_customers_parent"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_customers_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("customers", schema=None) as batch_op:
        batch_op.create_index("ix_customers_parent", ["tenant_key", "parent"], unique=False)

    op.create_table(
        "issuers",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("vat_number", sa.Text(), nullable=False),
        sa.Column("billing_account", sa.Text(), nullable=True),
        sa.Column("billing_currency", sa.Text(), nullable=True),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("address_line1", sa.Text(), nullable=True),
        sa.Column("address_line2", sa.Text(), nullable=True),
        sa.Column("address_city", sa.Text(), nullable=True),
        sa.Column("address_region", sa.Text(), nullable=True),
        sa.Column("address_postal_code", sa.Text(), nullable=True),
        sa.Column("address_country", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="registered", nullable=False),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.CheckConstraint("\"payer\" IN ('issuer', 'reseller')", name="ck_issuers_payer"),
        sa.CheckConstraint(
            "\"state\" IN ('registered', 'active', 'suspended', 'blocked', 'deleted')", name="ck_issuers_state"
        ),
        sa.CheckConstraint(
            "\"stopped_by\" IN ('administrator', 'distributor', 'partner', 'issuer')", name="ck_issuers_stopped_by"
        ),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_issuers_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_issuers_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_issuers_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_issuers_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "report_schedules",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("frequency", sa.Text(), nullable=True),
        sa.Column("day_of_month", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("recipients", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="enabled", nullable=False),
        sa.CheckConstraint('"day_of_month" >= 1 AND "day_of_month" <= 28', name="ck_report_schedules_day_of_month"),
        sa.CheckConstraint("\"format\" IN ('csv')", name="ck_report_schedules_format"),
        sa.CheckConstraint("\"frequency\" IN ('monthly')", name="ck_report_schedules_frequency"),
        sa.CheckConstraint("\"state\" IN ('enabled', 'paused')", name="ck_report_schedules_state"),
        sa.CheckConstraint("\"type\" IN ('consumption')", name="ck_report_schedules_type"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_report_schedules_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_report_schedules_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_report_schedules_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_report_schedules_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "service_types",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sort_order", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint('"sort_order" >= 0 AND "sort_order" <= 999', name="ck_service_types_sort_order"),
        sa.CheckConstraint("\"state\" IN ('active', 'disabled', 'archived')", name="ck_service_types_state"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_service_types_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_service_types_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_service_types_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_service_types_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "support_mails",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=True),
        sa.Column("client_secret_version", sa.Text(), nullable=True),
        sa.Column("client_secret_fingerprint", sa.Text(), nullable=True),
        sa.Column("client_secret_expires_at", sa.Text(), nullable=True),
        sa.Column("consent_read", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("consent_write", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("consent_modify", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("mailbox_scoped", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.CheckConstraint("\"provider\" IN ('microsoft', 'google')", name="ck_support_mails_provider"),
        sa.CheckConstraint("\"state\" IN ('draft', 'active', 'disabled', 'error')", name="ck_support_mails_state"),
        sa.CheckConstraint('CAST("consent_modify" AS INTEGER) IN (0, 1)', name="ck_support_mails_consent_modify"),
        sa.CheckConstraint('CAST("consent_read" AS INTEGER) IN (0, 1)', name="ck_support_mails_consent_read"),
        sa.CheckConstraint('CAST("consent_write" AS INTEGER) IN (0, 1)', name="ck_support_mails_consent_write"),
        sa.CheckConstraint('CAST("mailbox_scoped" AS INTEGER) IN (0, 1)', name="ck_support_mails_mailbox_scoped"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_support_mails_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_support_mails_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_support_mails_tenant"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_support_mails_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    op.create_table(
        "certificates",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("certificate_authority", sa.Text(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="pending-authorization", nullable=False),
        sa.Column("restricted_to", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("not_before", sa.Text(), nullable=True),
        sa.Column("not_after", sa.Text(), nullable=True),
        sa.Column("access_granted_at", sa.Text(), nullable=True),
        sa.Column("access_expires_at", sa.Text(), nullable=True),
        sa.Column("access_signatures_since_grant", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("\"restricted_to\" IN ('none', 'e-invoice')", name="ck_certificates_restricted_to"),
        sa.CheckConstraint(
            "\"state\" IN ('pending-authorization', 'active', 'access-expired', 'suspended', 'expired', 'revoked', 'deleted')",
            name="ck_certificates_state",
        ),
        sa.CheckConstraint("\"use\" IN ('seal', 'signature')", name="ck_certificates_use"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_certificates_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_certificates_rev"),
        sa.ForeignKeyConstraint(
            ["certificate_authority"], ["certificate_authorities.name"], name="fk_certificates_certificate_authority"
        ),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_certificates_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "issuer"], ["issuers.tenant_key", "issuers.name"], name="fk_certificates_issuer"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_certificates_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.create_index("ix_certificates_certificate_authority", ["certificate_authority"], unique=False)
        batch_op.create_index("ix_certificates_issuer", ["tenant_key", "issuer"], unique=False)

    op.create_table(
        "customer_users",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_version", sa.Text(), nullable=True),
        sa.Column("password_fingerprint", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint("\"state\" IN ('active', 'disabled')", name="ck_customer_users_state"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_customer_users_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_customer_users_rev"),
        sa.ForeignKeyConstraint(["role"], ["roles.name"], name="fk_customer_users_role"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_customer_users_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "customer"], ["customers.tenant_key", "customers.name"], name="fk_customer_users_customer"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_customer_users_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("customer_users", schema=None) as batch_op:
        batch_op.create_index("ix_customer_users_customer", ["tenant_key", "customer"], unique=False)
        batch_op.create_index("ix_customer_users_role", ["role"], unique=False)

    op.create_table(
        "domains",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("http_ports", sa.Text(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("origins", sa.Text(), nullable=False),
        sa.Column("origin_scheme", sa.Text(), nullable=True),
        sa.Column("origin_port", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("load_balancing", sa.Text(), nullable=True),
        sa.Column("cache_mode", sa.Text(), nullable=True),
        sa.Column("cache_ttl_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cache_ignore_query_string", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("redirection_mode", sa.Text(), nullable=True),
        sa.Column("redirection_target", sa.Text(), nullable=True),
        sa.Column("redirection_status", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ssl_source", sa.Text(), nullable=True),
        sa.Column("ssl_coverage", sa.Text(), nullable=True),
        sa.Column("ssl_certificate", sa.Text(), nullable=True),
        sa.Column("ssl_certificate_media_type", sa.Text(), nullable=True),
        sa.Column("ssl_private_key", sa.Text(), nullable=True),
        sa.Column("ssl_private_key_version", sa.Text(), nullable=True),
        sa.Column("ssl_private_key_fingerprint", sa.Text(), nullable=True),
        sa.Column("min_tls", sa.Text(), nullable=True),
        sa.Column("hsts_enabled", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("hsts_max_age_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("waf_mode", sa.Text(), nullable=True),
        sa.Column("white_list", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("ssl_expires_at", sa.Text(), nullable=True),
        sa.Column("ssl_state", sa.Text(), nullable=True),
        sa.CheckConstraint("\"cache_mode\" IN ('origin', 'override', 'bypass')", name="ck_domains_cache_mode"),
        sa.CheckConstraint(
            '"cache_ttl_seconds" >= 0 AND "cache_ttl_seconds" <= 31536000', name="ck_domains_cache_ttl_seconds"
        ),
        sa.CheckConstraint(
            '"hsts_max_age_seconds" >= 0 AND "hsts_max_age_seconds" <= 63072000', name="ck_domains_hsts_max_age_seconds"
        ),
        sa.CheckConstraint(
            "\"load_balancing\" IN ('round-robin', 'backup', 'ip-hash', 'least-connected')",
            name="ck_domains_load_balancing",
        ),
        sa.CheckConstraint("\"min_tls\" IN ('1.0', '1.1', '1.2', '1.3')", name="ck_domains_min_tls"),
        sa.CheckConstraint('"origin_port" >= 1 AND "origin_port" <= 65535', name="ck_domains_origin_port"),
        sa.CheckConstraint("\"origin_scheme\" IN ('http', 'https')", name="ck_domains_origin_scheme"),
        sa.CheckConstraint(
            "\"redirection_mode\" IN ('none', 'http-to-https', 'url')", name="ck_domains_redirection_mode"
        ),
        sa.CheckConstraint('"redirection_status" IN (301, 302, 307, 308)', name="ck_domains_redirection_status"),
        sa.CheckConstraint("\"scheme\" IN ('http', 'https', 'both')", name="ck_domains_scheme"),
        sa.CheckConstraint("\"ssl_coverage\" IN ('single', 'wildcard', 'san', 'sni')", name="ck_domains_ssl_coverage"),
        sa.CheckConstraint("\"ssl_source\" IN ('none', 'lets-encrypt', 'uploaded')", name="ck_domains_ssl_source"),
        sa.CheckConstraint(
            "\"ssl_state\" IN ('none', 'pending', 'active', 'failure', 'expired')", name="ck_domains_ssl_state"
        ),
        sa.CheckConstraint("\"state\" IN ('pending', 'active', 'disabled')", name="ck_domains_state"),
        sa.CheckConstraint("\"waf_mode\" IN ('off', 'detect', 'block')", name="ck_domains_waf_mode"),
        sa.CheckConstraint(
            'CAST("cache_ignore_query_string" AS INTEGER) IN (0, 1)', name="ck_domains_cache_ignore_query_string"
        ),
        sa.CheckConstraint('CAST("hsts_enabled" AS INTEGER) IN (0, 1)', name="ck_domains_hsts_enabled"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_domains_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_domains_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_domains_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "customer"], ["customers.tenant_key", "customers.name"], name="fk_domains_customer"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_domains_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("domains", schema=None) as batch_op:
        batch_op.create_index("ix_domains_customer", ["tenant_key", "customer"], unique=False)

    op.create_table(
        "individuals",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_version", sa.Text(), nullable=True),
        sa.Column("password_fingerprint", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("activation_date", sa.Text(), nullable=True),
        sa.Column("expiration_date", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("trusted_ips", sa.Text(), nullable=True),
        sa.Column("two_factor", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.CheckConstraint("\"state\" IN ('active', 'disabled')", name="ck_individuals_state"),
        sa.CheckConstraint("\"two_factor\" IN ('disabled', 'enabled', 'inherit')", name="ck_individuals_two_factor"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_individuals_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_individuals_rev"),
        sa.ForeignKeyConstraint(["role"], ["roles.name"], name="fk_individuals_role"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_individuals_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "customer"], ["customers.tenant_key", "customers.name"], name="fk_individuals_customer"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_individuals_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("individuals", schema=None) as batch_op:
        batch_op.create_index("ix_individuals_customer", ["tenant_key", "customer"], unique=False)
        batch_op.create_index("ix_individuals_role", ["role"], unique=False)

    op.create_table(
        "mail_to_tickets",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("support_mail", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=True),
        sa.Column("poll_interval_seconds", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ingest_from", sa.Text(), nullable=False),
        sa.Column("post_fetch_action", sa.Text(), nullable=True),
        sa.Column("processed_folder", sa.Text(), nullable=True),
        sa.Column("default_category", sa.Text(), nullable=False),
        sa.Column("default_service_type", sa.Text(), nullable=True),
        sa.Column("allowed_sender_domains", sa.Text(), nullable=True),
        sa.Column("auto_reply", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("enabled", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            '"poll_interval_seconds" >= 60 AND "poll_interval_seconds" <= 3600',
            name="ck_mail_to_tickets_poll_interval_seconds",
        ),
        sa.CheckConstraint(
            "\"post_fetch_action\" IN ('mark-read', 'move', 'delete')", name="ck_mail_to_tickets_post_fetch_action"
        ),
        sa.CheckConstraint('CAST("auto_reply" AS INTEGER) IN (0, 1)', name="ck_mail_to_tickets_auto_reply"),
        sa.CheckConstraint('CAST("enabled" AS INTEGER) IN (0, 1)', name="ck_mail_to_tickets_enabled"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_mail_to_tickets_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_mail_to_tickets_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_mail_to_tickets_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "default_category"],
            ["categories.tenant_key", "categories.name"],
            name="fk_mail_to_tickets_default_category",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_key", "default_service_type"],
            ["service_types.tenant_key", "service_types.name"],
            name="fk_mail_to_tickets_default_service_type",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_key", "support_mail"],
            ["support_mails.tenant_key", "support_mails.name"],
            name="fk_mail_to_tickets_support_mail",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_mail_to_tickets_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("mail_to_tickets", schema=None) as batch_op:
        batch_op.create_index("ix_mail_to_tickets_default_category", ["tenant_key", "default_category"], unique=False)
        batch_op.create_index(
            "ix_mail_to_tickets_default_service_type", ["tenant_key", "default_service_type"], unique=False
        )
        batch_op.create_index("ix_mail_to_tickets_support_mail", ["tenant_key", "support_mail"], unique=False)

    op.create_table(
        "operators",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("audit_scope", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("credentials_reset_token", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.CheckConstraint("\"role\" IN ('administrator', 'partner', 'issuer', 'auditor')", name="ck_operators_role"),
        sa.CheckConstraint(
            "\"state\" IN ('registered', 'active', 'suspended', 'blocked', 'deleted')", name="ck_operators_state"
        ),
        sa.CheckConstraint(
            "\"stopped_by\" IN ('administrator', 'distributor', 'partner', 'issuer')", name="ck_operators_stopped_by"
        ),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_operators_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_operators_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_operators_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "issuer"], ["issuers.tenant_key", "issuers.name"], name="fk_operators_issuer"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_operators_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("operators", schema=None) as batch_op:
        batch_op.create_index("ix_operators_issuer", ["tenant_key", "issuer"], unique=False)

    op.create_table(
        "self_cares",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_version", sa.Text(), nullable=True),
        sa.Column("password_fingerprint", sa.Text(), nullable=True),
        sa.Column("trusted_ips_only", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("trusted_ips", sa.Text(), nullable=True),
        sa.Column("api_token_enabled", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("api_token_token", sa.Text(), nullable=True),
        sa.Column("api_token_token_version", sa.Text(), nullable=True),
        sa.Column("api_token_token_fingerprint", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("allowed_roles", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("output_date_format", sa.Text(), nullable=True),
        sa.Column("output_time_format", sa.Text(), nullable=True),
        sa.Column("input_date_format", sa.Text(), nullable=True),
        sa.Column("input_time_format", sa.Text(), nullable=True),
        sa.Column("two_factor", sa.Text(), nullable=True),
        sa.Column("password_expires_at", sa.Text(), nullable=True),
        sa.CheckConstraint("\"two_factor\" IN ('disabled', 'optional', 'required')", name="ck_self_cares_two_factor"),
        sa.CheckConstraint('CAST("api_token_enabled" AS INTEGER) IN (0, 1)', name="ck_self_cares_api_token_enabled"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_self_cares_protect"),
        sa.CheckConstraint('CAST("trusted_ips_only" AS INTEGER) IN (0, 1)', name="ck_self_cares_trusted_ips_only"),
        sa.CheckConstraint("rev >= 1", name="ck_self_cares_rev"),
        sa.ForeignKeyConstraint(["role"], ["roles.name"], name="fk_self_cares_role"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_self_cares_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "customer"], ["customers.tenant_key", "customers.name"], name="fk_self_cares_customer"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "customer", name="uq_self_cares_tenant_key_customer"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_self_cares_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("self_cares", schema=None) as batch_op:
        batch_op.create_index("ix_self_cares_customer", ["tenant_key", "customer"], unique=False)
        batch_op.create_index("ix_self_cares_role", ["role"], unique=False)

    op.create_table(
        "client_services",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.Column("bundle", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("additional_info", sa.Text(), nullable=True),
        sa.Column("document_types", sa.Text(), nullable=True),
        sa.Column("integration", sa.Text(), nullable=True),
        sa.Column("client_secret", sa.Text(), nullable=True),
        sa.Column("client_secret_version", sa.Text(), nullable=True),
        sa.Column("client_secret_fingerprint", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="registered", nullable=False),
        sa.Column("stopped_by", sa.Text(), nullable=True),
        sa.CheckConstraint("\"integration\" IN ('saas', 'on-premise')", name="ck_client_services_integration"),
        sa.CheckConstraint(
            "\"state\" IN ('registered', 'active', 'suspended', 'deleted')", name="ck_client_services_state"
        ),
        sa.CheckConstraint(
            "\"stopped_by\" IN ('administrator', 'distributor', 'partner', 'issuer')",
            name="ck_client_services_stopped_by",
        ),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_client_services_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_client_services_rev"),
        sa.ForeignKeyConstraint(["bundle"], ["bundles.name"], name="fk_client_services_bundle"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_client_services_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "certificate"],
            ["certificates.tenant_key", "certificates.name"],
            name="fk_client_services_certificate",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_key", "issuer"], ["issuers.tenant_key", "issuers.name"], name="fk_client_services_issuer"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("alias", name="uq_client_services_alias"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_client_services_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("client_services", schema=None) as batch_op:
        batch_op.create_index("ix_client_services_bundle", ["bundle"], unique=False)
        batch_op.create_index("ix_client_services_certificate", ["tenant_key", "certificate"], unique=False)
        batch_op.create_index("ix_client_services_issuer", ["tenant_key", "issuer"], unique=False)

    op.create_table(
        "general_configurations",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("client_service", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("value_enabled", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("value_years", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("value_recipients", sa.Text(), nullable=True),
        sa.Column("value_page", sa.Text(), nullable=True),
        sa.Column("value_position", sa.Text(), nullable=True),
        sa.Column("value_public_link_days", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "\"key\" IN ('smtp', 'custody', 'notifications', 'visual-signature', 'timestamp', 'portal')",
            name="ck_general_configurations_key",
        ),
        sa.CheckConstraint("\"mode\" IN ('inherit', 'override')", name="ck_general_configurations_mode"),
        sa.CheckConstraint("\"scope\" IN ('system', 'clientService')", name="ck_general_configurations_scope"),
        sa.CheckConstraint("\"value_page\" IN ('first', 'last')", name="ck_general_configurations_value_page"),
        sa.CheckConstraint(
            "\"value_position\" IN ('top-left', 'top-right', 'bottom-left', 'bottom-right')",
            name="ck_general_configurations_value_position",
        ),
        sa.CheckConstraint(
            '"value_public_link_days" >= 1 AND "value_public_link_days" <= 365',
            name="ck_general_configurations_value_public_link_days",
        ),
        sa.CheckConstraint('"value_years" >= 1 AND "value_years" <= 30', name="ck_general_configurations_value_years"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_general_configurations_protect"),
        sa.CheckConstraint(
            'CAST("value_enabled" AS INTEGER) IN (0, 1)', name="ck_general_configurations_value_enabled"
        ),
        sa.CheckConstraint("rev >= 1", name="ck_general_configurations_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_general_configurations_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "client_service"],
            ["client_services.tenant_key", "client_services.name"],
            name="fk_general_configurations_client_service",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_general_configurations_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("general_configurations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_general_configurations_client_service", ["tenant_key", "client_service"], unique=False
        )

    op.create_table(
        "smtp_settings",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("client_service", sa.Text(), nullable=True),
        sa.Column("use_system", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("port", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("from", sa.Text(), nullable=True),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_version", sa.Text(), nullable=True),
        sa.Column("password_fingerprint", sa.Text(), nullable=True),
        sa.Column("timeout_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("connection_timeout_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("write_timeout_ms", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("authenticated", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tls_enable", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tls_required", sa.Boolean().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("test_state", sa.Text(), nullable=True),
        sa.Column("last_test_at", sa.Text(), nullable=True),
        sa.Column("last_test_result", sa.Text(), nullable=True),
        sa.Column("last_test_message", sa.Text(), nullable=True),
        sa.CheckConstraint(
            '"connection_timeout_ms" >= 1 AND "connection_timeout_ms" <= 600000',
            name="ck_smtp_settings_connection_timeout_ms",
        ),
        sa.CheckConstraint("\"last_test_result\" IN ('ok', 'failed')", name="ck_smtp_settings_last_test_result"),
        sa.CheckConstraint('"port" >= 1 AND "port" <= 65535', name="ck_smtp_settings_port"),
        sa.CheckConstraint("\"scope\" IN ('system', 'clientService')", name="ck_smtp_settings_scope"),
        sa.CheckConstraint(
            "\"test_state\" IN ('system-default', 'custom-untested', 'custom-ok', 'custom-failed')",
            name="ck_smtp_settings_test_state",
        ),
        sa.CheckConstraint('"timeout_ms" >= 1 AND "timeout_ms" <= 600000', name="ck_smtp_settings_timeout_ms"),
        sa.CheckConstraint(
            '"write_timeout_ms" >= 1 AND "write_timeout_ms" <= 600000', name="ck_smtp_settings_write_timeout_ms"
        ),
        sa.CheckConstraint('CAST("authenticated" AS INTEGER) IN (0, 1)', name="ck_smtp_settings_authenticated"),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_smtp_settings_protect"),
        sa.CheckConstraint('CAST("tls_enable" AS INTEGER) IN (0, 1)', name="ck_smtp_settings_tls_enable"),
        sa.CheckConstraint('CAST("tls_required" AS INTEGER) IN (0, 1)', name="ck_smtp_settings_tls_required"),
        sa.CheckConstraint('CAST("use_system" AS INTEGER) IN (0, 1)', name="ck_smtp_settings_use_system"),
        sa.CheckConstraint("rev >= 1", name="ck_smtp_settings_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_smtp_settings_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "client_service"],
            ["client_services.tenant_key", "client_services.name"],
            name="fk_smtp_settings_client_service",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_smtp_settings_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("smtp_settings", schema=None) as batch_op:
        batch_op.create_index("ix_smtp_settings_client_service", ["tenant_key", "client_service"], unique=False)

    op.create_table(
        "visual_templates",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(always=False), nullable=False
        ),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("tenant_key", sa.Text(), sa.Computed("coalesce(tenant, '')", persisted=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rev", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="1", nullable=False),
        sa.Column("created_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("updated_at", sa.Text(), server_default=utc_now(), nullable=False),
        sa.Column("labels", sa.Text(), server_default="{}", nullable=False),
        sa.Column("annotations", sa.Text(), server_default="{}", nullable=False),
        sa.Column(
            "protect", sa.Boolean().with_variant(sa.Integer(), "sqlite"), server_default=sa.false(), nullable=False
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("client_service", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("css", sa.Text(), nullable=True),
        sa.Column("css_media_type", sa.Text(), nullable=True),
        sa.Column("logo", sa.Text(), nullable=True),
        sa.Column("logo_media_type", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "\"event\" IN ('documents-available', 'company-registered', 'company-activated', 'operator-created', 'individual-created', 'ca-access-expiring', 'password-reset')",
            name="ck_visual_templates_event",
        ),
        sa.CheckConstraint("\"scope\" IN ('system', 'clientService')", name="ck_visual_templates_scope"),
        sa.CheckConstraint(
            "\"type\" IN ('portal-layout', 'email-communication', 'digital-signature')", name="ck_visual_templates_type"
        ),
        sa.CheckConstraint('CAST("protect" AS INTEGER) IN (0, 1)', name="ck_visual_templates_protect"),
        sa.CheckConstraint("rev >= 1", name="ck_visual_templates_rev"),
        sa.ForeignKeyConstraint(["tenant"], ["partners.name"], name="fk_visual_templates_tenant"),
        sa.ForeignKeyConstraint(
            ["tenant_key", "client_service"],
            ["client_services.tenant_key", "client_services.name"],
            name="fk_visual_templates_client_service",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tenant_key", "name", name="uq_visual_templates_tenant_name"),
        sqlite_autoincrement=True,
        sqlite_strict=True,
    )
    with op.batch_alter_table("visual_templates", schema=None) as batch_op:
        batch_op.create_index("ix_visual_templates_client_service", ["tenant_key", "client_service"], unique=False)

    op.create_index(
        "uq_certificate_authorities_display_name",
        "certificate_authorities",
        [sa.literal_column('lower(trim("display_name"))')],
        unique=True,
    )
    op.create_index(
        "uq_partners_country_vat_number",
        "partners",
        [sa.literal_column("coalesce(\"country\", '')"), "vat_number"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('deleted')"),
        postgresql_where=sa.text("state NOT IN ('deleted')"),
    )
    op.create_index(
        "uq_categories_tenant_key_display_name",
        "categories",
        ["tenant_key", sa.literal_column('lower(trim("display_name"))')],
        unique=True,
    )
    op.create_index(
        "uq_customers_tenant_key_parent_company_name",
        "customers",
        ["tenant_key", sa.literal_column("coalesce(\"parent\", '')"), sa.literal_column('lower(trim("company_name"))')],
        unique=True,
    )
    op.create_index(
        "uq_issuers_country_vat_number",
        "issuers",
        [sa.literal_column("coalesce(\"country\", '')"), "vat_number"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('deleted')"),
        postgresql_where=sa.text("state NOT IN ('deleted')"),
    )
    op.create_index(
        "uq_service_types_tenant_key_display_name",
        "service_types",
        ["tenant_key", sa.literal_column('lower(trim("display_name"))')],
        unique=True,
    )
    op.create_index(
        "uq_support_mails_address", "support_mails", [sa.literal_column('lower(trim("address"))')], unique=True
    )
    op.create_index(
        "uq_certificates_tenant_key_issuer_alias",
        "certificates",
        ["tenant_key", "issuer", sa.literal_column('lower(trim("alias"))')],
        unique=True,
    )
    op.create_index(
        "uq_customer_users_email", "customer_users", [sa.literal_column('lower(trim("email"))')], unique=True
    )
    op.create_index("uq_domains_host", "domains", [sa.literal_column('lower(trim("host"))')], unique=True)
    op.create_index("uq_individuals_login", "individuals", [sa.literal_column('lower(trim("login"))')], unique=True)
    op.create_index(
        "uq_mail_to_tickets_tenant_key_support_mail_folder",
        "mail_to_tickets",
        ["tenant_key", "support_mail", sa.literal_column("lower(trim(coalesce(\"folder\", '')))")],
        unique=True,
        sqlite_where=sa.text('"enabled"'),
        postgresql_where=sa.text('"enabled"'),
    )
    op.create_index("uq_operators_email", "operators", [sa.literal_column('lower(trim("email"))')], unique=True)
    op.create_index("uq_self_cares_login", "self_cares", [sa.literal_column('lower(trim("login"))')], unique=True)
    op.create_index(
        "uq_general_configurations_tenant_key_scope_client_service_key",
        "general_configurations",
        ["tenant_key", "scope", sa.literal_column("coalesce(\"client_service\", '')"), "key"],
        unique=True,
    )
    op.create_index(
        "uq_smtp_settings_tenant_key_scope_client_service",
        "smtp_settings",
        ["tenant_key", "scope", sa.literal_column("coalesce(\"client_service\", '')")],
        unique=True,
    )
    op.create_index(
        "uq_visual_templates_gen_03",
        "visual_templates",
        [
            "tenant_key",
            "scope",
            sa.literal_column("coalesce(\"client_service\", '')"),
            "type",
            sa.literal_column("coalesce(\"event\", '')"),
            sa.literal_column('lower(trim("language"))'),
        ],
        unique=True,
    )


def downgrade() -> None:
    """Refuse: an older schema comes back from a backup."""
    raise NotImplementedError
