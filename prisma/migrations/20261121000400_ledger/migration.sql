-- What happened, for money and for proof. No cascading keys: these rows outlive what they name.

create table usage_interval (
  id bigint generated always as identity primary key,
  organization_id uuid not null,
  organization_name text not null,
  project_id uuid not null,
  project_name text not null,
  cluster_id uuid not null,
  external_network_id uuid not null,
  network_type text not null,
  family text not null,
  address inet not null,
  eip_id uuid not null,
  purpose text not null,
  state text not null check (state in ('idle', 'attached')),
  labels jsonb not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  start_reason text not null,
  end_reason text,
  constraint usage_interval_order check (ended_at >= started_at),
  constraint usage_interval_end check ((ended_at is null) = (end_reason is null)),
  constraint usage_interval_excl exclude using gist (eip_id with =, tstzrange(started_at, ended_at) with &&)
);
create unique index usage_interval_open_key on usage_interval (eip_id) where ended_at is null;
create index usage_interval_organization on usage_interval (organization_id, started_at);

-- An interval is closed once, from null; everything later is a correction record.
create function usage_interval_is_written_once() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.ended_at is null and new.ended_at is not null
    and (to_jsonb(new) - 'ended_at' - 'end_reason') = (to_jsonb(old) - 'ended_at' - 'end_reason') then
    return new;
  end if;
  raise exception 'a usage interval is closed once and never changed otherwise' using errcode = 'NP001';
end $$;
create trigger usage_interval_written_once before update or delete on usage_interval
  for each row execute function usage_interval_is_written_once();
create trigger usage_interval_kept before truncate on usage_interval
  for each statement execute function usage_interval_is_written_once();

-- One row per create, change, delete and phase change. `seq` is given after commit by one sequencer, in commit order.
create table event (
  number bigint generated always as identity primary key,
  organization_id uuid,
  project_id uuid,
  kind text not null,
  id uuid not null,
  type text not null check (type in ('created', 'changed', 'deleting', 'deleted', 'phase')),
  revision bigint not null,
  status_revision bigint not null,
  at timestamptz not null default clock_timestamp(),
  seq bigint
);
create index event_unsequenced on event (number) where seq is null;
create unique index event_seq_key on event (seq) where seq is not null;

create table event_sequence (
  singleton boolean primary key default true check (singleton),
  last bigint not null
);
insert into event_sequence (last) values (0);

create table audit_event (
  number bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  organization_id uuid,
  project_id uuid,
  issuer_id uuid,
  subject text not null,
  email text,
  operation text not null,
  kind text not null,
  resource_id uuid not null,
  request_id text not null,
  changes jsonb not null default '{}'
);
create index audit_event_organization on audit_event (organization_id, at);
create index audit_event_resource on audit_event (resource_id, at);

-- The answer of a create, kept 24 hours: a replay presents the same row and is byte-equal.
create table idempotency_key (
  organization_id uuid not null,
  issuer_id uuid not null,
  subject text not null,
  operation text not null,
  key text not null,
  fingerprint bytea not null,
  snapshot json not null,
  expires_at timestamptz not null,
  primary key (organization_id, issuer_id, subject, operation, key)
);
create index idempotency_key_expires_at on idempotency_key (expires_at);
