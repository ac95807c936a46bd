-- The platform's side: clusters, external networks, their ranges and every address that is handed out.

create table cluster (
  id uuid primary key,
  name text collate "C" not null,
  mode text not null check (mode in ('observe', 'manage')),
  kube_system_uid text,
  seen_kube_system_uid text,
  -- raised by the worker every minute here first and then on the cluster; see "Safety of live clusters"
  epoch bigint not null default 0,
  -- the cluster's own counter where it was found ahead of ours (a restored backup), until the operator manages again
  seen_epoch bigint,
  capabilities text[] not null default '{}',
  project_cidr_pool cidr not null,
  project_cidr_prefix int not null check (project_cidr_prefix between 16 and 28),
  -- [{cidr, reserved_by}]: the settings' ones, and what the survey found
  configured_reserved_cidrs jsonb not null default '[]',
  surveyed_reserved_cidrs jsonb not null default '[]',
  -- where the search for the next automatic project CIDR starts; a hint, not a truth
  next_project_cidr inet,
  -- changes of live objects that nobody asked for, in the hour that began then; a confirmation begins anew
  unasked_disruptions int not null default 0,
  unasked_since timestamptz,
  held_disruptions int not null default 0,
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
  deleted_at timestamptz
);
create unique index cluster_name_key on cluster (name) where deleted_at is null;

create table external_network (
  id uuid primary key,
  cluster_id uuid not null references cluster (id),
  name text collate "C" not null,
  type text not null check (type in ('cloud', 'public')),
  family text not null check (family in ('ipv4', 'ipv6')),
  cidr cidr not null,
  gateway inet not null,
  vlan_id int check (vlan_id between 0 and 4094),
  provider_network text,
  adopt_subnet text,
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
  constraint external_network_origin check (num_nonnulls(provider_network, adopt_subnet) = 1),
  -- Kube-OVN matches EIPs by address alone, so external CIDRs of one cluster never overlap
  constraint external_network_cidr_excl exclude using gist (cluster_id with =, cidr inet_ops with &&)
    where (deleted_at is null)
);
create unique index external_network_name_key on external_network (cluster_id, name) where deleted_at is null;
-- Kube-OVN takes one Vlan of a number on a provider network
create unique index external_network_vlan_key on external_network (cluster_id, provider_network, vlan_id)
  where deleted_at is null and provider_network is not null;

create table ip_range (
  id uuid primary key,
  external_network_id uuid not null references external_network (id),
  cluster_id uuid not null references cluster (id),
  family text not null check (family in ('ipv4', 'ipv6')),
  first inet not null,
  last inet not null,
  -- the same as numbers, so that an overlap is a constraint
  span numrange not null,
  reservations jsonb not null default '[]',
  manage_exclude_ips boolean not null default false,
  -- when the addresses became rows; a range without them hands out nothing
  loaded_at timestamptz,
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
  unique (external_network_id, id),
  constraint ip_range_order check (first <= last),
  constraint ip_range_span_excl exclude using gist (external_network_id with =, span with &&)
    where (deleted_at is null)
);
create index ip_range_network on ip_range (external_network_id) where deleted_at is null;

-- One row per IPv4 address that we hand out: no address is given twice because it is the key.
create table ip_address (
  external_network_id uuid not null,
  address inet not null,
  ip_range_id uuid not null,
  state text not null default 'free'
    check (state in ('free', 'reserved', 'allocated', 'releasing', 'quarantined', 'blocked', 'router_port')),
  -- who holds it, or held it last while it is in quarantine
  organization_id uuid,
  holder_kind text,
  holder_id uuid,
  -- why it is reserved or blocked; the platform's eyes only
  reason text,
  quarantined_until timestamptz,
  primary key (external_network_id, address),
  -- one key for both: a /12 is a million rows, and each is checked
  constraint ip_address_range_fkey foreign key (external_network_id, ip_range_id)
    references ip_range (external_network_id, id),
  constraint ip_address_held check ((state in ('allocated', 'releasing', 'router_port')) = (holder_id is not null)),
  constraint ip_address_quarantine check ((state = 'quarantined') = (quarantined_until is not null))
) with (
  -- every allocation leaves one dead index entry at the front of the free ones; sweep them early and at full speed
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0
);
create index ip_address_free on ip_address (external_network_id, address) where state = 'free';
create index ip_address_own_quarantine on ip_address (external_network_id, organization_id, address)
  where state = 'quarantined';
create index ip_address_quarantine_end on ip_address (quarantined_until) where state = 'quarantined';
create index ip_address_holder on ip_address (holder_id) where holder_id is not null;
create index ip_address_range on ip_address (ip_range_id);
