-- What tenants make. Children refer to parents by (organization_id, id), because foreign keys bypass row-level security.

create table project (
  id uuid primary key,
  organization_id uuid not null references organization (id),
  cluster_id uuid not null references cluster (id),
  name text collate "C" not null,
  namespace text collate "C" not null,
  cidr cidr not null,
  gateway_address inet not null,
  egress_network text not null,
  external_network_id uuid not null references external_network (id),
  network_type text not null check (network_type in ('cloud', 'public')),
  gateway_eip_id uuid not null,
  subnet_id uuid not null,
  snat_rule_id uuid not null,
  allow_cidr_overlap boolean not null default false,
  labels jsonb not null default '{}',
  revision bigint not null default 1,
  phase text not null default 'pending',
  conditions json not null default '[]',
  status_revision bigint not null default 1,
  observed_revision bigint not null default 0,
  status_updated_at timestamptz not null default statement_timestamp(),
  next_try_at timestamptz,
  status_message text not null default '',
  created_at timestamptz not null default statement_timestamp(),
  updated_at timestamptz not null default statement_timestamp(),
  deleting_at timestamptz,
  deleted_at timestamptz,
  unique (organization_id, id),
  constraint project_cidr_excl exclude using gist (cluster_id with =, cidr inet_ops with &&)
    where (deleted_at is null and not allow_cidr_overlap)
);
create unique index project_name_key on project (organization_id, name) where deleted_at is null;
create unique index project_namespace_key on project (cluster_id, namespace) where deleted_at is null;
create index project_cidr on project using gist (cluster_id, cidr inet_ops) where deleted_at is null;
create index project_created_at on project (created_at desc, id desc) where deleted_at is null;
create index project_organization_created_at on project (organization_id, created_at desc, id desc)
  where deleted_at is null;

-- A project's default subnet and its gateway SNAT rule: rows with ids of their own; their API comes later.
create table subnet (
  id uuid primary key,
  organization_id uuid not null,
  project_id uuid not null,
  cidr cidr not null,
  gateway inet not null,
  created_at timestamptz not null default statement_timestamp(),
  deleted_at timestamptz,
  unique (organization_id, id),
  constraint subnet_project_fkey foreign key (organization_id, project_id) references project (organization_id, id)
);
create index subnet_project on subnet (project_id);

create table eip (
  id uuid primary key,
  organization_id uuid not null,
  project_id uuid not null,
  cluster_id uuid not null references cluster (id),
  external_network_id uuid not null references external_network (id),
  name text collate "C" not null,
  network text not null,
  network_type text not null check (network_type in ('cloud', 'public')),
  family text not null check (family in ('ipv4', 'ipv6')),
  -- text, because inet operators are not leakproof and would lose the index under row-level security
  address text collate "C" not null,
  purpose text not null check (purpose in ('gateway', 'general')),
  provisioned_at timestamptz,
  labels jsonb not null default '{}',
  revision bigint not null default 1,
  phase text not null default 'pending',
  conditions json not null default '[]',
  status_revision bigint not null default 1,
  observed_revision bigint not null default 0,
  status_updated_at timestamptz not null default statement_timestamp(),
  next_try_at timestamptz,
  status_message text not null default '',
  created_at timestamptz not null default statement_timestamp(),
  updated_at timestamptz not null default statement_timestamp(),
  deleting_at timestamptz,
  deleted_at timestamptz,
  unique (organization_id, id),
  constraint eip_project_fkey foreign key (organization_id, project_id)
    references project (organization_id, id) deferrable
);
create unique index eip_name_key on eip (project_id, name) where deleted_at is null;
create unique index eip_address_key on eip (external_network_id, address) where deleted_at is null;
create index eip_created_at on eip (created_at desc, id desc) where deleted_at is null;
create index eip_organization_created_at on eip (organization_id, created_at desc, id desc) where deleted_at is null;
create index eip_project_created_at on eip (project_id, created_at desc, id desc) where deleted_at is null;
create index eip_organization_name on eip (organization_id, name, id) where deleted_at is null;
create index eip_organization_address on eip (organization_id, address) where deleted_at is null;

create table snat_rule (
  id uuid primary key,
  organization_id uuid not null,
  project_id uuid not null,
  eip_id uuid not null,
  cidr cidr not null,
  created_at timestamptz not null default statement_timestamp(),
  deleted_at timestamptz,
  unique (organization_id, id),
  constraint snat_rule_project_fkey foreign key (organization_id, project_id)
    references project (organization_id, id),
  constraint snat_rule_eip_fkey foreign key (organization_id, eip_id) references eip (organization_id, id)
);
-- Kube-OVN 1.16 keeps one rule per source CIDR of a VPC (kubeovn/kube-ovn#6841): a second one would become ready without an effect
create unique index snat_rule_cidr_key on snat_rule (project_id, cidr) where deleted_at is null;
create index snat_rule_eip on snat_rule (eip_id) where deleted_at is null;

alter table project
  add constraint project_gateway_eip_fkey foreign key (organization_id, gateway_eip_id)
    references eip (organization_id, id) deferrable initially deferred,
  add constraint project_subnet_fkey foreign key (organization_id, subnet_id)
    references subnet (organization_id, id) deferrable initially deferred,
  add constraint project_snat_rule_fkey foreign key (organization_id, snat_rule_id)
    references snat_rule (organization_id, id) deferrable initially deferred;

alter table quota_limit add constraint quota_limit_project_fkey foreign key (organization_id, project_id)
  references project (organization_id, id);
alter table quota_usage add constraint quota_usage_project_fkey foreign key (organization_id, project_id)
  references project (organization_id, id);

-- Label equality as rows: jsonb operators are not leakproof either. created_at keeps a page's order in the index.
create table resource_label (
  organization_id uuid not null,
  kind text not null,
  resource_id uuid not null,
  key text collate "C" not null,
  value text collate "C" not null,
  created_at timestamptz not null,
  primary key (organization_id, kind, resource_id, key)
);
create index resource_label_page on resource_label (organization_id, kind, key, value, created_at desc, resource_id desc);
