-- What the workers have to do, what they own on clusters, and who leads.

-- One row per resource that a cluster may not agree with. Enqueue is `wanted + 1`; a worker finishes only what it has read.
create table work_item (
  kind text not null,
  id uuid not null,
  cluster_id uuid not null references cluster (id),
  -- the zero UUID is the platform's turn
  organization_id uuid not null,
  wanted bigint not null default 1,
  claim bigint not null default 0,
  claimed_by text,
  lease_until timestamptz,
  run_at timestamptz not null default clock_timestamp(),
  attempts int not null default 0,
  primary key (kind, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
create index work_item_due on work_item (cluster_id, organization_id, run_at);

-- Whose turn it is: organizations are served in the order of their last turn.
create table work_turn (
  cluster_id uuid not null references cluster (id),
  organization_id uuid not null,
  served_at timestamptz not null default '-infinity',
  primary key (cluster_id, organization_id)
) with (fillfactor = 50);

-- What we made or adopted. Written before the call; `uid` follows with the answer. Kept 30 days after it is gone.
create table cluster_object (
  id bigint generated always as identity primary key,
  cluster_id uuid not null references cluster (id),
  api_version text not null,
  kind text not null,
  namespace text not null default '',
  name text not null,
  uid text,
  owner_kind text not null,
  owner_id uuid not null,
  organization_id uuid,
  -- which object of its owner it is, e.g. `vpc`; builders receive the name that stands here
  slot text not null,
  origin text not null check (origin in ('created', 'adopted')),
  builder_version int not null,
  incarnation int not null default 1,
  created_at timestamptz not null default statement_timestamp(),
  gone_at timestamptz
);
create unique index cluster_object_name_key on cluster_object (cluster_id, api_version, kind, namespace, name)
  where gone_at is null;
create unique index cluster_object_slot_key on cluster_object (owner_id, slot, incarnation);
create index cluster_object_owner on cluster_object (owner_kind, owner_id) where gone_at is null;
create index cluster_object_tombstone on cluster_object (gone_at) where gone_at is not null;

-- Duties that one process has at a time: the watcher of a cluster, the sequencer, housekeeping.
create table duty_lease (
  name text primary key,
  holder text not null,
  expires_at timestamptz not null
);

create table installation (
  singleton boolean primary key default true check (singleton),
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default statement_timestamp()
);
insert into installation default values;
