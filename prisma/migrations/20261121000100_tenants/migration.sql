-- Organizations, who may act in them, and how much they may take.
-- Applied as netplane_owner; the roles themselves are made by packages/db/src/migrate/roles.ts.

create extension if not exists btree_gist;

-- functions are for the roles that they are granted to
alter default privileges revoke execute on functions from public;

create table organization (
  id uuid primary key,
  name text collate "C" not null,
  display_name text,
  labels jsonb not null default '{}',
  revision bigint not null default 1,
  created_at timestamptz not null default statement_timestamp(),
  updated_at timestamptz not null default statement_timestamp(),
  deleted_at timestamptz
);
create unique index organization_name_key on organization (name) where deleted_at is null;
create index organization_created_at on organization (created_at desc, id desc) where deleted_at is null;

-- An OIDC issuer whose tokens count: the platform's (organization_id null) or bound to one organization.
create table issuer (
  id uuid primary key,
  organization_id uuid references organization (id),
  name text collate "C" not null,
  issuer_url text collate "C" not null,
  audiences text[] not null check (cardinality(audiences) between 1 and 16),
  jwks_uri text,
  algorithms text[] not null check (cardinality(algorithms) >= 1),
  labels jsonb not null default '{}',
  revision bigint not null default 1,
  created_at timestamptz not null default statement_timestamp(),
  updated_at timestamptz not null default statement_timestamp(),
  deleted_at timestamptz
);
create unique index issuer_name_key on issuer (organization_id, name) nulls not distinct where deleted_at is null;
create unique index issuer_url_key on issuer (issuer_url) where deleted_at is null;

create table role_binding (
  id uuid primary key,
  organization_id uuid not null references organization (id),
  issuer_id uuid not null references issuer (id),
  subject text,
  "group" text,
  role text not null check (role in ('owner', 'developer', 'viewer')),
  labels jsonb not null default '{}',
  revision bigint not null default 1,
  created_at timestamptz not null default statement_timestamp(),
  updated_at timestamptz not null default statement_timestamp(),
  deleted_at timestamptz,
  unique (organization_id, id),
  constraint role_binding_holder check (num_nonnulls(subject, "group") = 1)
);
create unique index role_binding_subject_key
  on role_binding (organization_id, issuer_id, subject) where deleted_at is null and subject is not null;
create unique index role_binding_group_key
  on role_binding (organization_id, issuer_id, "group") where deleted_at is null and "group" is not null;
create index role_binding_subject on role_binding (issuer_id, subject) where deleted_at is null and subject is not null;
create index role_binding_group on role_binding (issuer_id, "group") where deleted_at is null and "group" is not null;

-- A limit of an organization (project_id null) or of one of its projects. '' stands for "not counted by".
create table quota_limit (
  id uuid primary key,
  organization_id uuid not null references organization (id),
  project_id uuid,
  resource text not null check (resource in ('projects', 'eips', 'project_addresses')),
  network_type text not null default '' check (network_type in ('', 'cloud', 'public')),
  family text not null default '' check (family in ('', 'ipv4', 'ipv6')),
  "limit" bigint not null check ("limit" >= 0),
  labels jsonb not null default '{}',
  revision bigint not null default 1,
  created_at timestamptz not null default statement_timestamp(),
  updated_at timestamptz not null default statement_timestamp(),
  unique (organization_id, id),
  constraint quota_limit_key unique nulls not distinct (organization_id, project_id, resource, network_type, family)
);

-- What is taken. The counter of an organization is always kept; a project's only while the project has a limit.
create table quota_usage (
  organization_id uuid not null references organization (id),
  project_id uuid,
  resource text not null,
  network_type text not null default '',
  family text not null default '',
  used bigint not null constraint quota_usage_not_negative check (used >= 0),
  constraint quota_usage_key unique nulls not distinct (organization_id, project_id, resource, network_type, family)
) with (fillfactor = 50);
