-- The schema after every migration, written by npm run golden. Read it; change migrations.

-- Roles

-- netplane_api

-- netplane_api_login login member of netplane_api, netplane_platform

-- netplane_owner login bypassrls member of netplane_api, netplane_platform, netplane_worker

-- netplane_platform

-- netplane_worker

-- netplane_worker_login login member of netplane_worker

-- Extensions

create extension btree_gist;

-- Tables

create table audit_event (
  number bigint generated always as identity not null,
  at timestamp with time zone default clock_timestamp() not null,
  organization_id uuid,
  project_id uuid,
  issuer_id uuid,
  subject text not null,
  email text,
  operation text not null,
  kind text not null,
  resource_id uuid not null,
  request_id text not null,
  changes jsonb default '{}'::jsonb not null
); -- row-level security, forced

create table cluster (
  id uuid not null,
  name text collate "C" not null,
  mode text not null,
  kube_system_uid text,
  seen_kube_system_uid text,
  epoch bigint default 0 not null,
  seen_epoch bigint,
  capabilities text[] default '{}'::text[] not null,
  project_cidr_pool cidr not null,
  project_cidr_prefix integer not null,
  configured_reserved_cidrs jsonb default '[]'::jsonb not null,
  surveyed_reserved_cidrs jsonb default '[]'::jsonb not null,
  next_project_cidr inet,
  unasked_disruptions integer default 0 not null,
  unasked_since timestamp with time zone,
  held_disruptions integer default 0 not null,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  phase text default 'pending'::text not null,
  conditions json default '[]'::json not null,
  status_revision bigint default 1 not null,
  observed_revision bigint default 0 not null,
  status_updated_at timestamp with time zone default statement_timestamp() not null,
  next_try_at timestamp with time zone,
  status_message text default ''::text not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null,
  deleting_at timestamp with time zone,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table cluster_database (
  cluster_id uuid not null,
  database text default database_identity(),
  surveyed_database text default database_state()
);

create table cluster_object (
  id bigint generated always as identity not null,
  cluster_id uuid not null,
  api_version text not null,
  kind text not null,
  namespace text default ''::text not null,
  name text not null,
  uid text,
  owner_kind text not null,
  owner_id uuid not null,
  organization_id uuid,
  slot text not null,
  origin text not null,
  builder_version integer not null,
  incarnation integer default 1 not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  gone_at timestamp with time zone
);

create table duty_lease (
  name text not null,
  holder text not null,
  expires_at timestamp with time zone not null
);

create table eip (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  cluster_id uuid not null,
  external_network_id uuid not null,
  name text collate "C" not null,
  network text not null,
  network_type text not null,
  family text not null,
  address text collate "C" not null,
  purpose text not null,
  provisioned_at timestamp with time zone,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  phase text default 'pending'::text not null,
  conditions json default '[]'::json not null,
  status_revision bigint default 1 not null,
  observed_revision bigint default 0 not null,
  status_updated_at timestamp with time zone default statement_timestamp() not null,
  next_try_at timestamp with time zone,
  status_message text default ''::text not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null,
  deleting_at timestamp with time zone,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table event (
  number bigint generated always as identity not null,
  organization_id uuid,
  project_id uuid,
  kind text not null,
  id uuid not null,
  type text not null,
  revision bigint not null,
  status_revision bigint not null,
  at timestamp with time zone default clock_timestamp() not null,
  seq bigint
); -- row-level security, forced

create table event_sequence (
  singleton boolean default true not null,
  last bigint not null
);

create table external_network (
  id uuid not null,
  cluster_id uuid not null,
  name text collate "C" not null,
  type text not null,
  family text not null,
  cidr cidr not null,
  gateway inet not null,
  vlan_id integer,
  provider_network text,
  adopt_subnet text,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  phase text default 'pending'::text not null,
  conditions json default '[]'::json not null,
  status_revision bigint default 1 not null,
  observed_revision bigint default 0 not null,
  status_updated_at timestamp with time zone default statement_timestamp() not null,
  next_try_at timestamp with time zone,
  status_message text default ''::text not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null,
  deleting_at timestamp with time zone,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table idempotency_key (
  organization_id uuid not null,
  issuer_id uuid not null,
  subject text not null,
  operation text not null,
  key text not null,
  fingerprint bytea not null,
  snapshot json not null,
  expires_at timestamp with time zone not null
); -- row-level security, forced

create table installation (
  singleton boolean default true not null,
  id uuid default gen_random_uuid() not null,
  created_at timestamp with time zone default statement_timestamp() not null
);

create table ip_address (
  external_network_id uuid not null,
  address inet not null,
  ip_range_id uuid not null,
  state text default 'free'::text not null,
  organization_id uuid,
  holder_kind text,
  holder_id uuid,
  reason text,
  quarantined_until timestamp with time zone
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=2000, autovacuum_vacuum_cost_delay=0);

create table ip_range (
  id uuid not null,
  external_network_id uuid not null,
  cluster_id uuid not null,
  family text not null,
  first inet not null,
  last inet not null,
  span numrange not null,
  reservations jsonb default '[]'::jsonb not null,
  manage_exclude_ips boolean default false not null,
  loaded_at timestamp with time zone,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  phase text default 'pending'::text not null,
  conditions json default '[]'::json not null,
  status_revision bigint default 1 not null,
  observed_revision bigint default 0 not null,
  status_updated_at timestamp with time zone default statement_timestamp() not null,
  next_try_at timestamp with time zone,
  status_message text default ''::text not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null,
  deleting_at timestamp with time zone,
  deleted_at timestamp with time zone
);

create table issuer (
  id uuid not null,
  organization_id uuid,
  name text collate "C" not null,
  issuer_url text collate "C" not null,
  audiences text[] not null,
  jwks_uri text,
  algorithms text[] not null,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table organization (
  id uuid not null,
  name text collate "C" not null,
  display_name text,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table project (
  id uuid not null,
  organization_id uuid not null,
  cluster_id uuid not null,
  name text collate "C" not null,
  namespace text collate "C" not null,
  cidr cidr not null,
  gateway_address inet not null,
  egress_network text not null,
  external_network_id uuid not null,
  network_type text not null,
  gateway_eip_id uuid not null,
  subnet_id uuid not null,
  snat_rule_id uuid not null,
  allow_cidr_overlap boolean default false not null,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  phase text default 'pending'::text not null,
  conditions json default '[]'::json not null,
  status_revision bigint default 1 not null,
  observed_revision bigint default 0 not null,
  status_updated_at timestamp with time zone default statement_timestamp() not null,
  next_try_at timestamp with time zone,
  status_message text default ''::text not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null,
  deleting_at timestamp with time zone,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table quota_limit (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid,
  resource text not null,
  network_type text default ''::text not null,
  family text default ''::text not null,
  "limit" bigint not null,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null
); -- row-level security, forced

create table quota_usage (
  organization_id uuid not null,
  project_id uuid,
  resource text not null,
  network_type text default ''::text not null,
  family text default ''::text not null,
  used bigint not null
) with (fillfactor=50); -- row-level security, forced

create table resource_label (
  organization_id uuid not null,
  kind text not null,
  resource_id uuid not null,
  key text collate "C" not null,
  value text collate "C" not null,
  created_at timestamp with time zone not null
); -- row-level security, forced

create table role_binding (
  id uuid not null,
  organization_id uuid not null,
  issuer_id uuid not null,
  subject text,
  "group" text,
  role text not null,
  labels jsonb default '{}'::jsonb not null,
  revision bigint default 1 not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  updated_at timestamp with time zone default statement_timestamp() not null,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table schema_migration (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone default clock_timestamp() not null
);

create table snat_rule (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  eip_id uuid not null,
  cidr cidr not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table subnet (
  id uuid not null,
  organization_id uuid not null,
  project_id uuid not null,
  cidr cidr not null,
  gateway inet not null,
  created_at timestamp with time zone default statement_timestamp() not null,
  deleted_at timestamp with time zone
); -- row-level security, forced

create table usage_interval (
  id bigint generated always as identity not null,
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
  state text not null,
  labels jsonb not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  start_reason text not null,
  end_reason text
); -- row-level security, forced

create table work_item (
  kind text not null,
  id uuid not null,
  cluster_id uuid not null,
  organization_id uuid not null,
  wanted bigint default 1 not null,
  claim bigint default 0 not null,
  claimed_by text,
  lease_until timestamp with time zone,
  run_at timestamp with time zone default clock_timestamp() not null,
  attempts integer default 0 not null
) with (fillfactor=70, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=2000); -- row-level security, forced

create table work_turn (
  cluster_id uuid not null,
  organization_id uuid not null,
  served_at timestamp with time zone default '-infinity'::timestamp with time zone not null
) with (fillfactor=50);

-- Constraints

alter table audit_event add constraint audit_event_pkey PRIMARY KEY (number);

alter table cluster add constraint cluster_mode_check CHECK ((mode = ANY (ARRAY['observe'::text, 'manage'::text])));

alter table cluster add constraint cluster_pkey PRIMARY KEY (id);

alter table cluster add constraint cluster_project_cidr_prefix_check CHECK (((project_cidr_prefix >= 16) AND (project_cidr_prefix <= 28)));

alter table cluster_database add constraint cluster_database_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES cluster(id);

alter table cluster_database add constraint cluster_database_pkey PRIMARY KEY (cluster_id);

alter table cluster_object add constraint cluster_object_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES cluster(id);

alter table cluster_object add constraint cluster_object_origin_check CHECK ((origin = ANY (ARRAY['created'::text, 'adopted'::text])));

alter table cluster_object add constraint cluster_object_pkey PRIMARY KEY (id);

alter table duty_lease add constraint duty_lease_pkey PRIMARY KEY (name);

alter table eip add constraint eip_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES cluster(id);

alter table eip add constraint eip_external_network_id_fkey FOREIGN KEY (external_network_id) REFERENCES external_network(id);

alter table eip add constraint eip_family_check CHECK ((family = ANY (ARRAY['ipv4'::text, 'ipv6'::text])));

alter table eip add constraint eip_network_type_check CHECK ((network_type = ANY (ARRAY['cloud'::text, 'public'::text])));

alter table eip add constraint eip_organization_id_id_key UNIQUE (organization_id, id);

alter table eip add constraint eip_pkey PRIMARY KEY (id);

alter table eip add constraint eip_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES project(organization_id, id) DEFERRABLE;

alter table eip add constraint eip_purpose_check CHECK ((purpose = ANY (ARRAY['gateway'::text, 'general'::text])));

alter table event add constraint event_pkey PRIMARY KEY (number);

alter table event add constraint event_type_check CHECK ((type = ANY (ARRAY['created'::text, 'changed'::text, 'deleting'::text, 'deleted'::text, 'phase'::text])));

alter table event_sequence add constraint event_sequence_pkey PRIMARY KEY (singleton);

alter table event_sequence add constraint event_sequence_singleton_check CHECK (singleton);

alter table external_network add constraint external_network_cidr_excl EXCLUDE USING gist (cluster_id WITH =, cidr inet_ops WITH &&) WHERE ((deleted_at IS NULL));

alter table external_network add constraint external_network_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES cluster(id);

alter table external_network add constraint external_network_family_check CHECK ((family = ANY (ARRAY['ipv4'::text, 'ipv6'::text])));

alter table external_network add constraint external_network_origin CHECK ((num_nonnulls(provider_network, adopt_subnet) = 1));

alter table external_network add constraint external_network_pkey PRIMARY KEY (id);

alter table external_network add constraint external_network_type_check CHECK ((type = ANY (ARRAY['cloud'::text, 'public'::text])));

alter table external_network add constraint external_network_vlan_id_check CHECK (((vlan_id >= 0) AND (vlan_id <= 4094)));

alter table idempotency_key add constraint idempotency_key_pkey PRIMARY KEY (organization_id, issuer_id, subject, operation, key);

alter table installation add constraint installation_pkey PRIMARY KEY (singleton);

alter table installation add constraint installation_singleton_check CHECK (singleton);

alter table ip_address add constraint ip_address_held CHECK (((state = ANY (ARRAY['allocated'::text, 'releasing'::text, 'router_port'::text])) = (holder_id IS NOT NULL)));

alter table ip_address add constraint ip_address_pkey PRIMARY KEY (external_network_id, address);

alter table ip_address add constraint ip_address_quarantine CHECK (((state = 'quarantined'::text) = (quarantined_until IS NOT NULL)));

alter table ip_address add constraint ip_address_range_fkey FOREIGN KEY (external_network_id, ip_range_id) REFERENCES ip_range(external_network_id, id);

alter table ip_address add constraint ip_address_state_check CHECK ((state = ANY (ARRAY['free'::text, 'reserved'::text, 'allocated'::text, 'releasing'::text, 'quarantined'::text, 'blocked'::text, 'router_port'::text])));

alter table ip_range add constraint ip_range_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES cluster(id);

alter table ip_range add constraint ip_range_external_network_id_fkey FOREIGN KEY (external_network_id) REFERENCES external_network(id);

alter table ip_range add constraint ip_range_external_network_id_id_key UNIQUE (external_network_id, id);

alter table ip_range add constraint ip_range_family_check CHECK ((family = ANY (ARRAY['ipv4'::text, 'ipv6'::text])));

alter table ip_range add constraint ip_range_order CHECK ((first <= last));

alter table ip_range add constraint ip_range_pkey PRIMARY KEY (id);

alter table ip_range add constraint ip_range_span_excl EXCLUDE USING gist (external_network_id WITH =, span WITH &&) WHERE ((deleted_at IS NULL));

alter table issuer add constraint issuer_algorithms_check CHECK ((cardinality(algorithms) >= 1));

alter table issuer add constraint issuer_audiences_check CHECK (((cardinality(audiences) >= 1) AND (cardinality(audiences) <= 16)));

alter table issuer add constraint issuer_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id);

alter table issuer add constraint issuer_pkey PRIMARY KEY (id);

alter table organization add constraint organization_pkey PRIMARY KEY (id);

alter table project add constraint project_cidr_excl EXCLUDE USING gist (cluster_id WITH =, cidr inet_ops WITH &&) WHERE (((deleted_at IS NULL) AND (NOT allow_cidr_overlap)));

alter table project add constraint project_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES cluster(id);

alter table project add constraint project_external_network_id_fkey FOREIGN KEY (external_network_id) REFERENCES external_network(id);

alter table project add constraint project_gateway_eip_fkey FOREIGN KEY (organization_id, gateway_eip_id) REFERENCES eip(organization_id, id) DEFERRABLE INITIALLY DEFERRED;

alter table project add constraint project_network_type_check CHECK ((network_type = ANY (ARRAY['cloud'::text, 'public'::text])));

alter table project add constraint project_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id);

alter table project add constraint project_organization_id_id_key UNIQUE (organization_id, id);

alter table project add constraint project_pkey PRIMARY KEY (id);

alter table project add constraint project_snat_rule_fkey FOREIGN KEY (organization_id, snat_rule_id) REFERENCES snat_rule(organization_id, id) DEFERRABLE INITIALLY DEFERRED;

alter table project add constraint project_subnet_fkey FOREIGN KEY (organization_id, subnet_id) REFERENCES subnet(organization_id, id) DEFERRABLE INITIALLY DEFERRED;

alter table quota_limit add constraint quota_limit_family_check CHECK ((family = ANY (ARRAY[''::text, 'ipv4'::text, 'ipv6'::text])));

alter table quota_limit add constraint quota_limit_key UNIQUE NULLS NOT DISTINCT (organization_id, project_id, resource, network_type, family);

alter table quota_limit add constraint quota_limit_limit_check CHECK (("limit" >= 0));

alter table quota_limit add constraint quota_limit_network_type_check CHECK ((network_type = ANY (ARRAY[''::text, 'cloud'::text, 'public'::text])));

alter table quota_limit add constraint quota_limit_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id);

alter table quota_limit add constraint quota_limit_organization_id_id_key UNIQUE (organization_id, id);

alter table quota_limit add constraint quota_limit_pkey PRIMARY KEY (id);

alter table quota_limit add constraint quota_limit_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES project(organization_id, id);

alter table quota_limit add constraint quota_limit_resource_check CHECK ((resource = ANY (ARRAY['projects'::text, 'eips'::text, 'project_addresses'::text])));

alter table quota_usage add constraint quota_usage_key UNIQUE NULLS NOT DISTINCT (organization_id, project_id, resource, network_type, family);

alter table quota_usage add constraint quota_usage_not_negative CHECK ((used >= 0));

alter table quota_usage add constraint quota_usage_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id);

alter table quota_usage add constraint quota_usage_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES project(organization_id, id);

alter table resource_label add constraint resource_label_pkey PRIMARY KEY (organization_id, kind, resource_id, key);

alter table role_binding add constraint role_binding_holder CHECK ((num_nonnulls(subject, "group") = 1));

alter table role_binding add constraint role_binding_issuer_id_fkey FOREIGN KEY (issuer_id) REFERENCES issuer(id);

alter table role_binding add constraint role_binding_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organization(id);

alter table role_binding add constraint role_binding_organization_id_id_key UNIQUE (organization_id, id);

alter table role_binding add constraint role_binding_pkey PRIMARY KEY (id);

alter table role_binding add constraint role_binding_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'developer'::text, 'viewer'::text])));

alter table schema_migration add constraint schema_migration_pkey PRIMARY KEY (name);

alter table snat_rule add constraint snat_rule_eip_fkey FOREIGN KEY (organization_id, eip_id) REFERENCES eip(organization_id, id);

alter table snat_rule add constraint snat_rule_organization_id_id_key UNIQUE (organization_id, id);

alter table snat_rule add constraint snat_rule_pkey PRIMARY KEY (id);

alter table snat_rule add constraint snat_rule_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES project(organization_id, id);

alter table subnet add constraint subnet_organization_id_id_key UNIQUE (organization_id, id);

alter table subnet add constraint subnet_pkey PRIMARY KEY (id);

alter table subnet add constraint subnet_project_fkey FOREIGN KEY (organization_id, project_id) REFERENCES project(organization_id, id);

alter table usage_interval add constraint usage_interval_end CHECK (((ended_at IS NULL) = (end_reason IS NULL)));

alter table usage_interval add constraint usage_interval_excl EXCLUDE USING gist (eip_id WITH =, tstzrange(started_at, ended_at) WITH &&);

alter table usage_interval add constraint usage_interval_order CHECK ((ended_at >= started_at));

alter table usage_interval add constraint usage_interval_pkey PRIMARY KEY (id);

alter table usage_interval add constraint usage_interval_state_check CHECK ((state = ANY (ARRAY['idle'::text, 'attached'::text])));

alter table work_item add constraint work_item_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES cluster(id);

alter table work_item add constraint work_item_pkey PRIMARY KEY (kind, id);

alter table work_turn add constraint work_turn_cluster_id_fkey FOREIGN KEY (cluster_id) REFERENCES cluster(id);

alter table work_turn add constraint work_turn_pkey PRIMARY KEY (cluster_id, organization_id);

-- Indexes

CREATE INDEX audit_event_organization ON public.audit_event USING btree (organization_id, at);

CREATE INDEX audit_event_resource ON public.audit_event USING btree (resource_id, at);

CREATE UNIQUE INDEX cluster_name_key ON public.cluster USING btree (name) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX cluster_object_name_key ON public.cluster_object USING btree (cluster_id, api_version, kind, namespace, name) WHERE (gone_at IS NULL);

CREATE INDEX cluster_object_owner ON public.cluster_object USING btree (owner_kind, owner_id) WHERE (gone_at IS NULL);

CREATE UNIQUE INDEX cluster_object_slot_key ON public.cluster_object USING btree (owner_id, slot, incarnation);

CREATE INDEX cluster_object_tombstone ON public.cluster_object USING btree (gone_at) WHERE (gone_at IS NOT NULL);

CREATE UNIQUE INDEX eip_address_key ON public.eip USING btree (external_network_id, address) WHERE (deleted_at IS NULL);

CREATE INDEX eip_created_at ON public.eip USING btree (created_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX eip_name_key ON public.eip USING btree (project_id, name) WHERE (deleted_at IS NULL);

CREATE INDEX eip_organization_address ON public.eip USING btree (organization_id, address) WHERE (deleted_at IS NULL);

CREATE INDEX eip_organization_created_at ON public.eip USING btree (organization_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE INDEX eip_organization_name ON public.eip USING btree (organization_id, name, id) WHERE (deleted_at IS NULL);

CREATE INDEX eip_project_created_at ON public.eip USING btree (project_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX event_seq_key ON public.event USING btree (seq) WHERE (seq IS NOT NULL);

CREATE INDEX event_unsequenced ON public.event USING btree (number) WHERE (seq IS NULL);

CREATE UNIQUE INDEX external_network_name_key ON public.external_network USING btree (cluster_id, name) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX external_network_vlan_key ON public.external_network USING btree (cluster_id, provider_network, vlan_id) WHERE ((deleted_at IS NULL) AND (provider_network IS NOT NULL));

CREATE INDEX idempotency_key_expires_at ON public.idempotency_key USING btree (expires_at);

CREATE INDEX ip_address_free ON public.ip_address USING btree (external_network_id, address) WHERE (state = 'free'::text);

CREATE INDEX ip_address_holder ON public.ip_address USING btree (holder_id) WHERE (holder_id IS NOT NULL);

CREATE INDEX ip_address_own_quarantine ON public.ip_address USING btree (external_network_id, organization_id, address) WHERE (state = 'quarantined'::text);

CREATE INDEX ip_address_quarantine_end ON public.ip_address USING btree (quarantined_until) WHERE (state = 'quarantined'::text);

CREATE INDEX ip_address_range ON public.ip_address USING btree (ip_range_id);

CREATE INDEX ip_range_network ON public.ip_range USING btree (external_network_id) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX issuer_name_key ON public.issuer USING btree (organization_id, name) NULLS NOT DISTINCT WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX issuer_url_key ON public.issuer USING btree (issuer_url) WHERE (deleted_at IS NULL);

CREATE INDEX organization_created_at ON public.organization USING btree (created_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX organization_name_key ON public.organization USING btree (name) WHERE (deleted_at IS NULL);

CREATE INDEX project_cidr ON public.project USING gist (cluster_id, cidr inet_ops) WHERE (deleted_at IS NULL);

CREATE INDEX project_created_at ON public.project USING btree (created_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX project_name_key ON public.project USING btree (organization_id, name) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX project_namespace_key ON public.project USING btree (cluster_id, namespace) WHERE (deleted_at IS NULL);

CREATE INDEX project_organization_created_at ON public.project USING btree (organization_id, created_at DESC, id DESC) WHERE (deleted_at IS NULL);

CREATE INDEX resource_label_page ON public.resource_label USING btree (organization_id, kind, key, value, created_at DESC, resource_id DESC);

CREATE INDEX role_binding_group ON public.role_binding USING btree (issuer_id, "group") WHERE ((deleted_at IS NULL) AND ("group" IS NOT NULL));

CREATE UNIQUE INDEX role_binding_group_key ON public.role_binding USING btree (organization_id, issuer_id, "group") WHERE ((deleted_at IS NULL) AND ("group" IS NOT NULL));

CREATE INDEX role_binding_subject ON public.role_binding USING btree (issuer_id, subject) WHERE ((deleted_at IS NULL) AND (subject IS NOT NULL));

CREATE UNIQUE INDEX role_binding_subject_key ON public.role_binding USING btree (organization_id, issuer_id, subject) WHERE ((deleted_at IS NULL) AND (subject IS NOT NULL));

CREATE UNIQUE INDEX snat_rule_cidr_key ON public.snat_rule USING btree (project_id, cidr) WHERE (deleted_at IS NULL);

CREATE INDEX snat_rule_eip ON public.snat_rule USING btree (eip_id) WHERE (deleted_at IS NULL);

CREATE INDEX subnet_project ON public.subnet USING btree (project_id);

CREATE UNIQUE INDEX usage_interval_open_key ON public.usage_interval USING btree (eip_id) WHERE (ended_at IS NULL);

CREATE INDEX usage_interval_organization ON public.usage_interval USING btree (organization_id, started_at);

CREATE INDEX work_item_due ON public.work_item USING btree (cluster_id, organization_id, run_at);

-- Views

create view address_difference with (security_invoker=true) as
 SELECT 'address_of_another'::text AS kind,
    host(a.address) AS subject,
    concat_ws(' '::text, a.state, 'for EIP', e.id, 'which has', e.address) AS detail
   FROM ip_address a
     JOIN eip e ON e.id = a.holder_id AND e.deleted_at IS NULL
  WHERE a.holder_kind = 'eip'::text AND (e.address <> host(a.address) OR e.external_network_id <> a.external_network_id)
UNION ALL
 SELECT 'router_port'::text AS kind,
    p.id::text AS subject,
    format('%s addresses are held for its router port'::text, count(a.address)) AS detail
   FROM project p
     LEFT JOIN ip_address a ON a.holder_id = p.id AND a.state = 'router_port'::text AND a.external_network_id = p.external_network_id
  WHERE p.deleted_at IS NULL
  GROUP BY p.id
 HAVING count(a.address) <> 1
UNION ALL
 SELECT 'router_port'::text AS kind,
    p.id::text AS subject,
    host(a.address) || ' is held in a network that it is not connected to'::text AS detail
   FROM project p
     JOIN ip_address a ON a.holder_id = p.id AND a.state = 'router_port'::text
  WHERE p.deleted_at IS NULL AND a.external_network_id <> p.external_network_id
UNION ALL
 SELECT 'quarantine_overdue'::text AS kind,
    host(a.address) AS subject,
    'its quarantine was over at '::text || a.quarantined_until AS detail
   FROM ip_address a
  WHERE a.state = 'quarantined'::text AND a.quarantined_until < (clock_timestamp() - '00:05:00'::interval)
UNION ALL
 SELECT 'blocked_without_reason'::text AS kind,
    host(a.address) AS subject,
    'nobody says who holds it'::text AS detail
   FROM ip_address a
  WHERE a.state = 'blocked'::text AND a.reason IS NULL
UNION ALL
 SELECT 'addresses_of_range'::text AS kind,
    r.id::text AS subject,
    format('%s rows for %s addresses'::text, count(a.address), r.last - r.first + 1) AS detail
   FROM ip_range r
     LEFT JOIN ip_address a ON a.ip_range_id = r.id AND a.address >= r.first AND a.address <= r.last
  WHERE r.deleted_at IS NULL AND r.deleting_at IS NULL AND r.loaded_at IS NOT NULL
  GROUP BY r.id, r.first, r.last
 HAVING count(a.address) <> (r.last - r.first + 1);

create view eip_view with (security_invoker=true) as
 SELECT id,
    organization_id,
    project_id,
    cluster_id,
    external_network_id,
    name,
    network,
    network_type,
    family,
    address,
    purpose,
    provisioned_at,
    labels,
    revision,
    phase,
    conditions,
    status_revision,
    observed_revision,
    status_updated_at,
    next_try_at,
    status_message,
    created_at,
    updated_at,
    deleting_at,
    deleted_at,
    ( SELECT p.name
           FROM project p
          WHERE e.purpose = 'gateway'::text AND p.organization_id = e.organization_id AND p.id = e.project_id) AS gateway_project_name
   FROM eip e;

create view eip_work_row with (security_invoker=true) as
 SELECT id,
    organization_id,
    project_id,
    cluster_id,
    external_network_id,
    name,
    network,
    network_type,
    family,
    address,
    purpose,
    provisioned_at,
    labels,
    revision,
    phase,
    conditions,
    status_revision,
    observed_revision,
    status_updated_at,
    next_try_at,
    status_message,
    created_at,
    updated_at,
    deleting_at,
    deleted_at,
    clock_timestamp() AS now,
    abs(EXTRACT(epoch FROM clock_timestamp() - updated_at))::double precision AS age_seconds,
    ( SELECT COALESCE(json_agg(json_build_object('id', o.id, 'api_version', o.api_version, 'kind', o.kind, 'namespace', o.namespace, 'name', o.name, 'uid', o.uid, 'owner_kind', o.owner_kind, 'owner_id', o.owner_id, 'organization_id', o.organization_id, 'slot', o.slot, 'origin', o.origin, 'builder_version', o.builder_version, 'incarnation', o.incarnation, 'age_seconds', abs(EXTRACT(epoch FROM clock_timestamp() - o.created_at))::double precision) ORDER BY o.id), '[]'::json) AS "coalesce"
           FROM cluster_object o
          WHERE o.owner_kind = 'eip'::text AND o.owner_id = r.id AND o.gone_at IS NULL) AS objects,
    ( SELECT COALESCE(json_object_agg(s.slot, s.last), '{}'::json) AS "coalesce"
           FROM ( SELECT o.slot,
                    max(o.incarnation) AS last
                   FROM cluster_object o
                  WHERE o.owner_id = r.id
                  GROUP BY o.slot) s) AS last_incarnations,
    ( SELECT o.name
           FROM cluster_object o
             JOIN external_network n ON n.id = o.owner_id
          WHERE o.owner_kind = 'external-network'::text AND o.owner_id = r.external_network_id AND o.slot = 'subnet'::text AND o.gone_at IS NULL AND (n.phase = ANY (ARRAY['ready'::text, 'degraded'::text, 'deleting'::text]))) AS network_subnet,
    (EXISTS ( SELECT
           FROM snat_rule s
             JOIN cluster_object o ON o.owner_kind = 'project'::text AND o.owner_id = s.project_id AND o.slot = 'snat-rule'::text AND o.gone_at IS NULL
          WHERE s.eip_id = r.id AND s.deleted_at IS NULL)) OR purpose = 'gateway'::text AND (EXISTS ( SELECT
           FROM project p
          WHERE p.id = r.project_id AND p.deleting_at IS NOT NULL AND NOT (EXISTS ( SELECT
                   FROM json_array_elements(p.conditions) c(value)
                  WHERE (c.value ->> 'type'::text) = 'Deleted'::text)))) AS is_used,
    ( SELECT p.deleting_at IS NOT NULL
           FROM project p
          WHERE p.id = r.project_id) AS project_is_deleting
   FROM eip r;

create view invariant_difference with (security_invoker=true) as
 WITH held AS (
         SELECT eip.organization_id,
            eip.project_id,
            eip.network_type,
            eip.family,
            count(*) AS n
           FROM eip
          WHERE eip.deleted_at IS NULL
          GROUP BY eip.organization_id, eip.project_id, eip.network_type, eip.family
        ), counted(organization_id, project_id, resource, network_type, family, n) AS (
         SELECT held.organization_id,
            NULL::uuid AS uuid,
            'eips'::text AS "?column?",
            held.network_type,
            held.family,
            sum(held.n) AS sum
           FROM held
          GROUP BY held.organization_id, held.network_type, held.family
        UNION ALL
         SELECT h.organization_id,
            h.project_id,
            'eips'::text,
            h.network_type,
            h.family,
            h.n
           FROM held h
        UNION ALL
         SELECT project.organization_id,
            NULL::uuid,
            'projects'::text,
            ''::text,
            ''::text,
            count(*) AS count
           FROM project
          WHERE project.deleted_at IS NULL
          GROUP BY project.organization_id
        UNION ALL
         SELECT project.organization_id,
            NULL::uuid,
            'project_addresses'::text,
            ''::text,
            ''::text,
            sum(2::double precision ^ (32 - masklen(project.cidr::inet))::double precision)::bigint AS sum
           FROM project
          WHERE project.deleted_at IS NULL
          GROUP BY project.organization_id
        )
 SELECT 'quota_usage'::text AS invariant,
    concat_ws(' '::text, u.organization_id, u.project_id, u.resource, u.network_type, u.family) AS subject,
    u.used::text AS recorded,
    COALESCE(c.n, 0::numeric)::text AS counted
   FROM quota_usage u
     LEFT JOIN counted c ON c.organization_id = u.organization_id AND NOT c.project_id IS DISTINCT FROM u.project_id AND c.resource = u.resource AND c.network_type = u.network_type AND c.family = u.family
  WHERE u.used::numeric <> COALESCE(c.n, 0::numeric)
UNION ALL
 SELECT 'quota_usage'::text AS invariant,
    concat_ws(' '::text, c.organization_id, c.resource, c.network_type, c.family) AS subject,
    NULL::text AS recorded,
    c.n::text AS counted
   FROM counted c
  WHERE c.project_id IS NULL AND NOT (EXISTS ( SELECT
           FROM quota_usage u
          WHERE u.organization_id = c.organization_id AND u.project_id IS NULL AND u.resource = c.resource AND u.network_type = c.network_type AND u.family = c.family))
UNION ALL
 SELECT 'address_of_eip'::text AS invariant,
    e.id::text AS subject,
    a.state AS recorded,
    e.phase AS counted
   FROM eip e
     LEFT JOIN ip_address a ON a.holder_id = e.id AND a.external_network_id = e.external_network_id AND host(a.address) = e.address
  WHERE e.deleted_at IS NULL AND a.state IS DISTINCT FROM
        CASE
            WHEN e.deleting_at IS NOT NULL THEN 'releasing'::text
            ELSE 'allocated'::text
        END
UNION ALL
 SELECT 'holder_of_address'::text AS invariant,
    host(a.address) AS subject,
    a.state AS recorded,
    a.holder_kind AS counted
   FROM ip_address a
  WHERE a.holder_id IS NOT NULL AND NOT (EXISTS ( SELECT
           FROM eip e
          WHERE e.id = a.holder_id AND e.deleted_at IS NULL)) AND NOT (EXISTS ( SELECT
           FROM project p
          WHERE p.id = a.holder_id AND p.deleted_at IS NULL AND a.state = 'router_port'::text))
UNION ALL
 SELECT 'open_interval_of_eip'::text AS invariant,
    e.id::text AS subject,
    u.state AS recorded,
    e.phase AS counted
   FROM eip e
     LEFT JOIN usage_interval u ON u.eip_id = e.id AND u.ended_at IS NULL
  WHERE e.deleted_at IS NULL AND (e.deleting_at IS NULL) <> (u.id IS NOT NULL)
UNION ALL
 SELECT 'eip_of_open_interval'::text AS invariant,
    u.eip_id::text AS subject,
    u.state AS recorded,
    NULL::text AS counted
   FROM usage_interval u
  WHERE u.ended_at IS NULL AND NOT (EXISTS ( SELECT
           FROM eip e
          WHERE e.id = u.eip_id AND e.deleted_at IS NULL))
UNION ALL
 SELECT 'interval_gap'::text AS invariant,
    u.eip_id::text AS subject,
    u.started_at::text AS recorded,
    previous.ended_at::text AS counted
   FROM usage_interval u
     CROSS JOIN LATERAL ( SELECT p.ended_at
           FROM usage_interval p
          WHERE p.eip_id = u.eip_id AND p.started_at <= u.started_at AND p.id < u.id
          ORDER BY p.started_at DESC, p.id DESC
         LIMIT 1) previous
  WHERE previous.ended_at IS DISTINCT FROM u.started_at;

create view quota_view with (security_invoker=true) as
 SELECT l.id,
    l.organization_id,
    l.project_id,
    l.resource,
    l.network_type,
    l.family,
    l."limit",
    l.labels,
    l.revision,
    l.created_at,
    l.updated_at,
    COALESCE(u.used, 0::bigint) AS used
   FROM quota_limit l
     LEFT JOIN quota_usage u ON u.organization_id = l.organization_id AND NOT u.project_id IS DISTINCT FROM l.project_id AND u.resource = l.resource AND u.network_type = l.network_type AND u.family = l.family;

-- Functions

CREATE OR REPLACE FUNCTION public.adopt_address(p_organization uuid, p_network uuid, p_address inet, p_state text, p_holder_kind text, p_holder_id uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_row ip_address;
begin
  select * into v_row from ip_address where external_network_id = p_network and address = p_address for update;
  if not found then
    perform refuse('address_out_of_range', jsonb_build_object('address', host(p_address)), '/address');
  end if;
  -- what our own object holds may be free, resting or blocked in the rows, but nobody else's
  if v_row.state not in ('free', 'quarantined', 'blocked') then
    perform refuse('address_in_use', jsonb_build_object(
      'address', host(p_address), 'state', v_row.state, 'holder_kind', v_row.holder_kind,
      'holder_id', v_row.holder_id), '/address');
  end if;
  update ip_address
  set state = p_state, organization_id = p_organization, holder_kind = p_holder_kind, holder_id = p_holder_id,
      quarantined_until = null, reason = null
  where external_network_id = p_network and address = p_address;
end $function$;

CREATE OR REPLACE FUNCTION public.adopt_eip(p_id uuid, p_organization uuid, p_project uuid, p_network uuid, p_address inet, p_name text, p_made_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_project record;
  v_network external_network;
begin
  if exists (select from eip where id = p_id) then
    perform refuse('being_deleted', '{"kind": "eip"}', '/id');
  end if;
  select p.*, o.name as organization_name into v_project
  from project p join organization o on o.id = p.organization_id
  where p.id = p_project and p.organization_id = p_organization and p.deleted_at is null for key share of p;
  if not found then
    perform refuse('not_found', '{}', '/project_id');
  end if;
  if v_project.deleting_at is not null then
    perform refuse('being_deleted', '{}', '/project_id');
  end if;
  select * into v_network from external_network
  where id = p_network and cluster_id = v_project.cluster_id and deleted_at is null;
  if not found then
    perform refuse('not_found', '{}', '/network');
  end if;
  perform set_config('netplane.orgs', p_organization::text, true);
  perform take_quota(p_organization, p_project, 'eips', v_network.type, v_network.family, 1);
  perform adopt_address(p_organization, p_network, p_address, 'allocated', 'eip', p_id);
  insert into eip (
    id, organization_id, project_id, cluster_id, external_network_id, name, network, network_type, family, address,
    purpose, created_at, updated_at, status_updated_at
  ) values (
    p_id, p_organization, p_project, v_project.cluster_id, p_network, p_name, v_network.type, v_network.type,
    v_network.family, host(p_address), 'general', v_now, v_now, v_now
  );
  perform open_usage_interval(
    p_organization, v_project.organization_name, p_project, v_project.name, v_project.cluster_id, p_network,
    v_network.type, v_network.family, p_address, p_id, 'general', 'idle', '{}', v_now, 'adopted');
  perform record_adoption(p_organization, p_project, 'eip', p_id, v_now,
    jsonb_build_object('name', p_name, 'address', host(p_address), 'made_at', p_made_at));
  perform enqueue_work('eip', p_id, v_project.cluster_id, p_organization);
end $function$;

CREATE OR REPLACE FUNCTION public.adopt_project(p_id uuid, p_organization uuid, p_cluster uuid, p_name text, p_namespace text, p_cidr cidr, p_gateway inet, p_network uuid, p_router_port inet, p_eip uuid, p_eip_address inet, p_subnet uuid, p_snat_rule uuid, p_made_at timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_organization text;
  v_network external_network;
begin
  if exists (select from project where id = p_id) or exists (select from eip where id = p_eip) then
    perform refuse('being_deleted', '{"kind": "project"}', '/id');
  end if;
  select name into v_organization from organization where id = p_organization and deleted_at is null;
  if not found then
    perform refuse('not_found', '{}', '/organization_id');
  end if;
  select * into v_network from external_network
  where id = p_network and cluster_id = p_cluster and deleted_at is null;
  if not found then
    perform refuse('not_found', '{}', '/egress_network');
  end if;
  if exists (
    select from project where cluster_id = p_cluster and namespace = p_namespace and deleted_at is null
  ) then
    perform refuse('name_taken', jsonb_build_object('namespace', p_namespace), '/namespace');
  end if;
  perform set_config('netplane.orgs', p_organization::text, true);
  perform take_quota(p_organization, null, 'projects', '', '', 1);
  perform take_quota(p_organization, null, 'project_addresses', '', '', (2 ^ (32 - masklen(p_cidr)))::bigint);
  perform take_quota(p_organization, null, 'eips', v_network.type, v_network.family, 1);
  perform take_project_cidr(p_cluster, p_cidr, false);
  perform adopt_address(p_organization, p_network, p_eip_address, 'allocated', 'eip', p_eip);
  perform adopt_address(p_organization, p_network, p_router_port, 'router_port', 'project', p_id);
  insert into project (
    id, organization_id, cluster_id, name, namespace, cidr, gateway_address, egress_network, external_network_id,
    network_type, gateway_eip_id, subnet_id, snat_rule_id, created_at, updated_at, status_updated_at
  ) values (
    p_id, p_organization, p_cluster, p_name, p_namespace, p_cidr, p_gateway, v_network.type, p_network,
    v_network.type, p_eip, p_subnet, p_snat_rule, v_now, v_now, v_now
  );
  insert into subnet (id, organization_id, project_id, cidr, gateway)
  values (p_subnet, p_organization, p_id, p_cidr, p_gateway);
  insert into eip (
    id, organization_id, project_id, cluster_id, external_network_id, name, network, network_type, family, address,
    purpose, created_at, updated_at, status_updated_at
  ) values (
    p_eip, p_organization, p_id, p_cluster, p_network, 'default-gw', v_network.type, v_network.type, v_network.family,
    host(p_eip_address), 'gateway', v_now, v_now, v_now
  );
  insert into snat_rule (id, organization_id, project_id, eip_id, cidr)
  values (p_snat_rule, p_organization, p_id, p_eip, p_cidr);
  perform open_usage_interval(
    p_organization, v_organization, p_id, p_name, p_cluster, p_network, v_network.type, v_network.family,
    p_eip_address, p_eip, 'gateway', 'attached', '{}', v_now, 'adopted');
  perform record_adoption(p_organization, p_id, 'eip', p_eip, v_now,
    jsonb_build_object('name', 'default-gw', 'address', host(p_eip_address), 'made_at', p_made_at));
  perform record_adoption(p_organization, p_id, 'project', p_id, v_now,
    jsonb_build_object('name', p_name, 'cidr', p_cidr, 'made_at', p_made_at));
  perform enqueue_work('project', p_id, p_cluster, p_organization);
  perform enqueue_work('eip', p_eip, p_cluster, p_organization);
end $function$;

CREATE OR REPLACE FUNCTION public.cidr_block(p_address inet, p_prefix integer)
 RETURNS cidr
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select network(set_masklen(p_address, p_prefix))
$function$;

CREATE OR REPLACE FUNCTION public.claim_named_address(p_organization uuid, p_network uuid, p_address inet)
 RETURNS inet
 LANGUAGE plpgsql
AS $function$
declare
  v_row ip_address;
begin
  select * into v_row from ip_address where external_network_id = p_network and address = p_address for update;
  if not found then
    perform refuse('address_out_of_range', jsonb_build_object('address', host(p_address)), '/address');
  end if;
  if v_row.state = 'free' or (v_row.state = 'quarantined' and v_row.organization_id = p_organization) then
    return p_address;
  end if;
  perform refuse('address_in_use', jsonb_build_object('address', host(p_address)), '/address');
end $function$;

CREATE OR REPLACE FUNCTION public.close_usage_interval(p_organization uuid, p_eip uuid, p_reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform require_tenant(p_organization);
  update usage_interval
  set ended_at = greatest(started_at, v_now), end_reason = p_reason
  where eip_id = p_eip and organization_id = p_organization and ended_at is null;
end $function$;

CREATE OR REPLACE FUNCTION public.create_eip(p_issuer uuid, p_subject text, p_email text, p_permitted uuid[], p_id uuid, p_project uuid, p_name text, p_network text, p_network_id uuid, p_address inet, p_labels jsonb, p_request_id text, p_key text, p_fingerprint bytea, p_from inet)
 RETURNS TABLE(replayed boolean, fingerprint bytea, eip json)
 LANGUAGE plpgsql
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_project record;
  v_network record;
  v_kept idempotency_key;
  v_eip eip;
  v_word text;
begin
  perform lock_idempotency_key(p_issuer, p_subject, 'eip.create', p_key);

  -- for key share: held back by a delete (for update), not by the worker's status reports
  select p.id, p.organization_id, p.cluster_id, p.name, p.egress_network, p.external_network_id, p.deleting_at,
         p.deleted_at, o.name as organization_name
    into v_project
  from project p join organization o on o.id = p.organization_id
  where p.id = p_project for key share of p;
  if not found then
    perform refuse('not_found', '{}', '/project_id');
  end if;
  if p_permitted is not null and not v_project.organization_id = any (p_permitted) then
    perform refuse('forbidden', '{"operation": "eip.create"}');
  end if;
  perform set_config('netplane.orgs', v_project.organization_id::text, true);

  select * into v_kept from idempotency_key k
  where k.organization_id = v_project.organization_id and k.issuer_id = p_issuer and k.subject = p_subject
    and k.operation = 'eip.create' and k.key = p_key and k.expires_at > v_now;
  if found then
    return query select true, v_kept.fingerprint, v_kept.snapshot;
    return;
  end if;

  if v_project.deleted_at is not null then
    perform refuse('not_found', '{}', '/project_id');
  end if;
  if v_project.deleting_at is not null then
    perform refuse('being_deleted', '{}', '/project_id');
  end if;

  v_word := coalesce(p_network, v_project.egress_network);
  select n.id, n.type, n.family into v_network
  from find_network(
    v_project.cluster_id, v_word, case when p_network is null then v_project.external_network_id else p_network_id end,
    '/network'
  ) n;
  perform take_quota(v_project.organization_id, v_project.id, 'eips', v_network.type, v_network.family, 1);

  insert into eip (
    id, organization_id, project_id, cluster_id, external_network_id, name, network, network_type, family, address,
    purpose, labels, created_at, updated_at, status_updated_at
  ) values (
    p_id, v_project.organization_id, v_project.id, v_project.cluster_id, v_network.id, p_name, v_word,
    v_network.type, v_network.family,
    host(take_address(v_project.organization_id, v_network.id, p_address, p_from, 'allocated', 'eip', p_id)),
    'general', p_labels, v_now, v_now, v_now
  ) returning * into v_eip;
  perform insert_labels(v_eip.organization_id, 'eip', v_eip.id, v_eip.created_at, p_labels);
  perform open_usage_interval(
    v_eip.organization_id, v_project.organization_name, v_eip.project_id, v_project.name, v_eip.cluster_id,
    v_eip.external_network_id, v_eip.network_type, v_eip.family, v_eip.address::inet, v_eip.id, v_eip.purpose,
    'idle', p_labels, v_now, 'created');
  insert into event (organization_id, project_id, kind, id, type, revision, status_revision, at)
  values (v_eip.organization_id, v_eip.project_id, 'eip', v_eip.id, 'created', 1, 1, v_now);
  insert into audit_event (
    at, organization_id, project_id, issuer_id, subject, email, operation, kind, resource_id, request_id, changes
  ) values (
    v_now, v_eip.organization_id, v_eip.project_id, p_issuer, p_subject, p_email, 'eip.create', 'eip', v_eip.id,
    p_request_id,
    jsonb_build_object('name', p_name, 'network', v_word, 'address', v_eip.address, 'labels', p_labels)
  );
  perform enqueue_work('eip', v_eip.id, v_eip.cluster_id, v_eip.organization_id);
  eip := to_json(v_eip);
  perform keep_answer(v_eip.organization_id, p_issuer, p_subject, 'eip.create', p_key, p_fingerprint, eip);
  return query select false, p_fingerprint, eip;
end $function$;

CREATE OR REPLACE FUNCTION public.database_identity()
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select concat(s.system_identifier, '/', d.oid)
  from pg_control_system() s, pg_database d where d.datname = current_database()
$function$;

CREATE OR REPLACE FUNCTION public.database_state()
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select concat(s.system_identifier, '/', d.oid, '/', c.timeline_id)
  from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database()
$function$;

CREATE OR REPLACE FUNCTION public.eip_work(p_id uuid)
 RETURNS json
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  return (select row_to_json(work) from eip_work_row work where work.id = p_id and work.deleted_at is null);
end
$function$;

CREATE OR REPLACE FUNCTION public.enqueue_work(p_kind text, p_id uuid, p_cluster uuid, p_organization uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into work_item (kind, id, cluster_id, organization_id)
  values (p_kind, p_id, p_cluster, coalesce(p_organization, '00000000-0000-0000-0000-000000000000'))
  on conflict (kind, id) do update
  set wanted = work_item.wanted + 1, run_at = least(work_item.run_at, excluded.run_at), attempts = 0;
end $function$;

CREATE OR REPLACE FUNCTION public.find_issuer(p_issuer_url text)
 RETURNS TABLE(id uuid, organization_id uuid, issuer_url text, audiences text[], jwks_uri text, algorithms text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select i.id, i.organization_id, i.issuer_url, i.audiences, i.jwks_uri, i.algorithms
  from issuer i where i.issuer_url = p_issuer_url and i.deleted_at is null
$function$;

CREATE OR REPLACE FUNCTION public.find_memberships(p_issuer uuid, p_subject text, p_groups text[])
 RETURNS TABLE(organization_id uuid, name text, display_name text, role text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select o.id, o.name, o.display_name, b.role
  from role_binding b
  join issuer i on i.id = b.issuer_id and i.deleted_at is null
    and (i.organization_id is null or i.organization_id = b.organization_id)
  join organization o on o.id = b.organization_id and o.deleted_at is null
  where b.issuer_id = p_issuer and b.deleted_at is null
    and (b.subject = p_subject or b."group" = any (p_groups))
  order by o.name, b.role
$function$;

CREATE OR REPLACE FUNCTION public.find_network(p_cluster uuid, p_word text, p_network_id uuid, p_pointer text)
 RETURNS TABLE(id uuid, type text, family text)
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_deleting boolean;
begin
  return query
    select n.id, n.type, n.family from external_network n
    where n.cluster_id = p_cluster and n.deleted_at is null and n.deleting_at is null
      and case when p_network_id is null then n.type = p_word else n.id = p_network_id end
    order by n.created_at, n.id limit 1;
  if found then
    return;
  end if;
  if p_network_id is null then
    perform refuse('network_unavailable', jsonb_build_object('network', p_word), p_pointer);
  end if;
  select n.deleting_at is not null into v_deleting from external_network n
  where n.cluster_id = p_cluster and n.deleted_at is null and n.id = p_network_id;
  perform refuse(case when v_deleting then 'being_deleted' else 'not_found' end, '{}', p_pointer);
end $function$;

CREATE OR REPLACE FUNCTION public.insert_labels(p_organization uuid, p_kind text, p_id uuid, p_created_at timestamp with time zone, p_labels jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_labels <> '{}' then
    insert into resource_label (organization_id, kind, resource_id, key, value, created_at)
    select p_organization, p_kind, p_id, l.key, l.value, p_created_at from jsonb_each_text(p_labels) l;
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.keep_answer(p_organization uuid, p_issuer uuid, p_subject text, p_operation text, p_key text, p_fingerprint bytea, p_snapshot json)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_key is not null then
    insert into idempotency_key
    values (p_organization, p_issuer, p_subject, p_operation, p_key, p_fingerprint, p_snapshot,
            clock_timestamp() + interval '24 hours')
    on conflict (organization_id, issuer_id, subject, operation, key) do update
    set fingerprint = excluded.fingerprint, snapshot = excluded.snapshot, expires_at = excluded.expires_at;
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.last_in_use(p_cluster cluster, p_candidate cidr)
 RETURNS inet
 LANGUAGE sql
 STABLE
AS $function$
  select max(set_masklen(broadcast(used.cidr), 32)) from (
    select cidr from project where cluster_id = p_cluster.id and deleted_at is null and cidr && p_candidate
    union all
    select cidr from external_network where cluster_id = p_cluster.id and deleted_at is null and cidr && p_candidate
    union all
    select (reserved ->> 'cidr')::cidr
    from jsonb_array_elements(p_cluster.configured_reserved_cidrs || p_cluster.surveyed_reserved_cidrs) reserved
    where (reserved ->> 'cidr')::cidr && p_candidate
  ) used
$function$;

CREATE OR REPLACE FUNCTION public.lock_idempotency_key(p_issuer uuid, p_subject text, p_operation text, p_key text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_key is not null then
    perform pg_advisory_xact_lock(
      hashtextextended(concat_ws(chr(31), p_issuer, p_subject, p_operation, p_key), 7));
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.network_has_free(p_network uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select exists (select from ip_address where external_network_id = p_network and state = 'free')
    or exists (
      select from ip_address
      where external_network_id = p_network and state = 'quarantined'
        and organization_id = any (
          string_to_array(nullif(current_setting('netplane.orgs', true), ''), ',')::uuid[]
        )
    )
$function$;

CREATE OR REPLACE FUNCTION public.note_cluster_database()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  insert into cluster_database (cluster_id) values (new.id);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION public.open_usage_interval(p_organization uuid, p_organization_name text, p_project uuid, p_project_name text, p_cluster uuid, p_network uuid, p_network_type text, p_family text, p_address inet, p_eip uuid, p_purpose text, p_state text, p_labels jsonb, p_at timestamp with time zone, p_reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  perform require_tenant(p_organization);
  insert into usage_interval (
    organization_id, organization_name, project_id, project_name, cluster_id, external_network_id, network_type,
    family, address, eip_id, purpose, state, labels, started_at, start_reason
  ) values (
    p_organization, p_organization_name, p_project, p_project_name, p_cluster, p_network, p_network_type,
    p_family, p_address, p_eip, p_purpose, p_state, p_labels, p_at, p_reason
  );
end $function$;

CREATE OR REPLACE FUNCTION public.pick_address(p_organization uuid, p_network uuid, p_from inet)
 RETURNS inet
 LANGUAGE plpgsql
AS $function$
declare
  v_address inet;
begin
  select address into v_address from ip_address
  where external_network_id = p_network and state = 'quarantined' and organization_id = p_organization
  order by address limit 1 for update skip locked;
  if found then
    return v_address;
  end if;
  if p_from is not null then
    select address into v_address from ip_address
    where external_network_id = p_network and state = 'free' and address >= p_from
    order by address limit 1 for update skip locked;
    if found then
      return v_address;
    end if;
  end if;
  select address into v_address from ip_address
  where external_network_id = p_network and state = 'free'
  order by address limit 1 for update skip locked;
  if found then
    return v_address;
  end if;
  -- the last free ones may be locked by transactions that will be undone: wait for them before giving up
  select address into v_address from ip_address
  where external_network_id = p_network and state = 'free'
  order by address limit 1 for update;
  if found then
    return v_address;
  end if;
  perform refuse('pool_exhausted',
    jsonb_build_object('external_network', p_network, 'available', 0, 'requested', 1));
end $function$;

CREATE OR REPLACE FUNCTION public.record_adoption(p_organization uuid, p_project uuid, p_kind text, p_id uuid, p_at timestamp with time zone, p_changes jsonb)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into event (organization_id, project_id, kind, id, type, revision, status_revision, at)
  values (p_organization, p_project, p_kind, p_id, 'created', 1, 1, p_at);
  insert into audit_event (at, organization_id, project_id, subject, operation, kind, resource_id, request_id, changes)
  values (p_at, p_organization, p_project, 'platform', p_kind || '.adopt', p_kind, p_id, 'doctor', p_changes);
end $function$;

CREATE OR REPLACE FUNCTION public.refuse(p_code text, p_params jsonb, p_pointer text DEFAULT ''::text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  raise exception using errcode = 'NP000', message = p_code, detail = p_params::text, hint = p_pointer;
end $function$;

CREATE OR REPLACE FUNCTION public.refuse_quota(p_resource text, p_network_type text, p_family text, p_scope text, p_limit bigint, p_used bigint, p_requested bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform refuse('quota_exceeded', jsonb_build_object(
    'resource', p_resource, 'network_type', nullif(p_network_type, ''), 'family', nullif(p_family, ''),
    'scope', p_scope, 'limit', p_limit, 'used', p_used, 'requested', p_requested));
end $function$;

CREATE OR REPLACE FUNCTION public.release_quota(p_organization uuid, p_project uuid, p_resource text, p_network_type text, p_family text, p_n bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  update quota_usage set used = used - p_n
  where organization_id = p_organization and project_id is null and resource = p_resource
    and network_type = p_network_type and family = p_family;
  if not found then
    raise exception 'no quota counter of organization % for %', p_organization, p_resource using errcode = 'NP001';
  end if;
  update quota_usage set used = used - p_n
  where organization_id = p_organization and project_id = p_project and resource = p_resource
    and network_type = p_network_type and family = p_family;
  -- an organization goes before projects that are still being deleted; the last release takes its counter along
  delete from quota_usage
  where organization_id = p_organization and resource = p_resource and network_type = p_network_type
    and family = p_family and used = 0
    and exists (select from organization o where o.id = p_organization and o.deleted_at is not null);
end $function$;

CREATE OR REPLACE FUNCTION public.require_tenant(p_organization uuid)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if (p_organization = any (
        string_to_array(nullif(current_setting('netplane.orgs', true), ''), ',')::uuid[]
      )) is not true then
    raise exception 'no tenant is set for organization %', p_organization using errcode = 'NP001';
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.split_usage_interval(p_organization uuid, p_eip uuid, p_state text, p_labels jsonb, p_reason text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  v_now timestamptz := clock_timestamp();
  v_open usage_interval;
begin
  perform require_tenant(p_organization);
  update usage_interval
  set ended_at = greatest(started_at, v_now), end_reason = p_reason
  where eip_id = p_eip and organization_id = p_organization and ended_at is null
  returning * into v_open;
  if not found then
    return;
  end if;
  insert into usage_interval (
    organization_id, organization_name, project_id, project_name, cluster_id, external_network_id, network_type,
    family, address, eip_id, purpose, state, labels, started_at, start_reason
  ) values (
    v_open.organization_id, v_open.organization_name, v_open.project_id, v_open.project_name, v_open.cluster_id,
    v_open.external_network_id, v_open.network_type, v_open.family, v_open.address, v_open.eip_id, v_open.purpose,
    coalesce(p_state, v_open.state), coalesce(p_labels, v_open.labels), v_open.ended_at, p_reason
  );
end $function$;

CREATE OR REPLACE FUNCTION public.start_address_release(p_organization uuid, p_holder_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  perform require_tenant(p_organization);
  update ip_address set state = 'releasing'
  where holder_id = p_holder_id and organization_id = p_organization and state = 'allocated';
end $function$;

CREATE OR REPLACE FUNCTION public.take_address(p_organization uuid, p_network uuid, p_address inet, p_from inet, p_state text, p_holder_kind text, p_holder_id uuid)
 RETURNS inet
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  v_address inet;
  v_surveyed text;
begin
  perform require_tenant(p_organization);
  select d.surveyed_database into v_surveyed
  from external_network n join cluster_database d on d.cluster_id = n.cluster_id where n.id = p_network;
  -- the session remembers the state, which costs a file to read, and asks again before it refuses
  if v_surveyed is null or v_surveyed is distinct from current_setting('netplane.database_state', true) then
    perform set_config('netplane.database_state', database_state(), false);
    if v_surveyed is distinct from current_setting('netplane.database_state') then
      perform refuse('unavailable', '{"waiting_for": "survey"}');
    end if;
  end if;
  v_address := case when p_address is null then pick_address(p_organization, p_network, p_from)
                    else claim_named_address(p_organization, p_network, p_address) end;
  update ip_address
  set state = p_state, organization_id = p_organization, holder_kind = p_holder_kind, holder_id = p_holder_id,
      quarantined_until = null
  where external_network_id = p_network and address = v_address;
  return v_address;
end $function$;

CREATE OR REPLACE FUNCTION public.take_namespace(p_cluster uuid, p_candidates text[])
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select candidate.name from unnest(p_candidates) with ordinality as candidate (name, position)
  order by exists (
    select from project p where p.cluster_id = p_cluster and p.namespace = candidate.name and p.deleted_at is null
  ), candidate.position limit 1
$function$;

CREATE OR REPLACE FUNCTION public.take_project_cidr(p_cluster uuid, p_wanted cidr, p_allow_overlap boolean)
 RETURNS cidr
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  v_cluster cluster;
  v_candidate cidr;
  v_last inet;
  v_wrapped boolean := false;
begin
  perform pg_advisory_xact_lock(hashtextextended('project cidr ' || p_cluster, 7));
  if p_wanted is not null then
    if not p_allow_overlap and exists (
      select from project where cluster_id = p_cluster and deleted_at is null and cidr && p_wanted
    ) then
      perform refuse('cidr_in_use', jsonb_build_object('cidr', p_wanted), '/cidr');
    end if;
    return p_wanted;
  end if;

  select * into v_cluster from cluster where id = p_cluster;
  v_candidate := cidr_block(coalesce(v_cluster.next_project_cidr, v_cluster.project_cidr_pool),
                            v_cluster.project_cidr_prefix);
  loop
    if not v_candidate <<= v_cluster.project_cidr_pool then
      if v_wrapped then
        perform refuse('pool_exhausted', jsonb_build_object(
          'pool', v_cluster.project_cidr_pool, 'available', 0, 'requested', 1), '/cidr');
      end if;
      v_wrapped := true;
      v_candidate := cidr_block(v_cluster.project_cidr_pool, v_cluster.project_cidr_prefix);
    end if;
    select last_in_use(v_cluster, v_candidate) into v_last;
    exit when v_last is null;
    -- as /32: inet compares by network and prefix length before it looks at the host bits
    v_candidate := cidr_block(
      greatest(v_last, set_masklen(broadcast(v_candidate), 32)) + 1, v_cluster.project_cidr_prefix);
  end loop;
  update cluster set next_project_cidr = broadcast(v_candidate) + 1 where id = p_cluster;
  return v_candidate;
end $function$;

CREATE OR REPLACE FUNCTION public.take_quota(p_organization uuid, p_project uuid, p_resource text, p_network_type text, p_family text, p_n bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  v_used bigint;
  v_limit bigint;
begin
  perform require_tenant(p_organization);

  update quota_usage set used = used + p_n
  where organization_id = p_organization and project_id is null and resource = p_resource
    and network_type = p_network_type and family = p_family
  returning used into v_used;
  if not found then
    insert into quota_usage values (p_organization, null, p_resource, p_network_type, p_family, p_n)
    on conflict on constraint quota_usage_key do update set used = quota_usage.used + excluded.used
    returning used into v_used;
  end if;
  select "limit" into v_limit from quota_limit
  where organization_id = p_organization and project_id is null and resource = p_resource
    and network_type = p_network_type and family = p_family;
  if v_used > coalesce(v_limit, 0) then
    perform refuse_quota(p_resource, p_network_type, p_family, 'organization', coalesce(v_limit, 0), v_used - p_n, p_n);
  end if;

  if p_project is null then
    return;
  end if;
  update quota_usage set used = used + p_n
  where organization_id = p_organization and project_id = p_project and resource = p_resource
    and network_type = p_network_type and family = p_family
  returning used into v_used;
  if found then
    select "limit" into v_limit from quota_limit
    where organization_id = p_organization and project_id = p_project and resource = p_resource
      and network_type = p_network_type and family = p_family;
    if v_used > v_limit then
      perform refuse_quota(p_resource, p_network_type, p_family, 'project', v_limit, v_used - p_n, p_n);
    end if;
  end if;
end $function$;

CREATE OR REPLACE FUNCTION public.usage_interval_is_written_once()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE' and old.ended_at is null and new.ended_at is not null
    and (to_jsonb(new) - 'ended_at' - 'end_reason') = (to_jsonb(old) - 'ended_at' - 'end_reason') then
    return new;
  end if;
  raise exception 'a usage interval is closed once and never changed otherwise' using errcode = 'NP001';
end $function$;

-- Triggers

CREATE TRIGGER cluster_has_a_database AFTER INSERT ON public.cluster FOR EACH ROW EXECUTE FUNCTION note_cluster_database();

CREATE TRIGGER usage_interval_kept BEFORE TRUNCATE ON public.usage_interval FOR EACH STATEMENT EXECUTE FUNCTION usage_interval_is_written_once();

CREATE TRIGGER usage_interval_written_once BEFORE DELETE OR UPDATE ON public.usage_interval FOR EACH ROW EXECUTE FUNCTION usage_interval_is_written_once();

-- Policies

create policy platform on audit_event for all to netplane_platform using (true);

create policy tenant on audit_event for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on audit_event for all to netplane_worker using (true);

create policy member on cluster for select to netplane_api using ((NULLIF(current_setting('netplane.orgs'::text, true), ''::text) IS NOT NULL));

create policy platform on cluster for all to netplane_platform using (true);

create policy worker on cluster for all to netplane_worker using (true);

create policy platform on eip for all to netplane_platform using (true);

create policy tenant on eip for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on eip for all to netplane_worker using (true);

create policy platform on event for all to netplane_platform using (true);

create policy tenant on event for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on event for all to netplane_worker using (true);

create policy member on external_network for select to netplane_api using ((NULLIF(current_setting('netplane.orgs'::text, true), ''::text) IS NOT NULL));

create policy platform on external_network for all to netplane_platform using (true);

create policy worker on external_network for all to netplane_worker using (true);

create policy platform on idempotency_key for all to netplane_platform using (true);

create policy tenant on idempotency_key for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on idempotency_key for all to netplane_worker using (true);

create policy platform on issuer for all to netplane_platform using (true);

create policy tenant on issuer for all to netplane_api using ((((organization_id IS NULL) AND (NULLIF(current_setting('netplane.orgs'::text, true), ''::text) IS NOT NULL)) OR (organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[]))));

create policy worker on issuer for all to netplane_worker using (true);

create policy platform on organization for all to netplane_platform using (true);

create policy tenant on organization for all to netplane_api using ((id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on organization for all to netplane_worker using (true);

create policy platform on project for all to netplane_platform using (true);

create policy tenant on project for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on project for all to netplane_worker using (true);

create policy platform on quota_limit for all to netplane_platform using (true);

create policy tenant on quota_limit for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on quota_limit for all to netplane_worker using (true);

create policy platform on quota_usage for all to netplane_platform using (true);

create policy tenant on quota_usage for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on quota_usage for all to netplane_worker using (true);

create policy platform on resource_label for all to netplane_platform using (true);

create policy tenant on resource_label for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on resource_label for all to netplane_worker using (true);

create policy platform on role_binding for all to netplane_platform using (true);

create policy tenant on role_binding for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on role_binding for all to netplane_worker using (true);

create policy platform on snat_rule for all to netplane_platform using (true);

create policy tenant on snat_rule for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on snat_rule for all to netplane_worker using (true);

create policy platform on subnet for all to netplane_platform using (true);

create policy tenant on subnet for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on subnet for all to netplane_worker using (true);

create policy platform on usage_interval for all to netplane_platform using (true);

create policy tenant on usage_interval for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on usage_interval for all to netplane_worker using (true);

create policy platform on work_item for all to netplane_platform using (true);

create policy tenant on work_item for all to netplane_api using ((organization_id = ANY ((string_to_array(NULLIF(current_setting('netplane.orgs'::text, true), ''::text), ','::text))::uuid[])));

create policy worker on work_item for all to netplane_worker using (true);

-- Grants on tables and views

grant select on address_difference to netplane_platform;

grant select on address_difference to netplane_worker;

grant insert on audit_event to netplane_api;

grant insert, select on audit_event to netplane_platform;

grant select on cluster to netplane_api;

grant insert, select, update on cluster to netplane_platform;

grant select on cluster to netplane_worker;

grant select on cluster_database to netplane_platform;

grant select on cluster_database to netplane_worker;

grant select on cluster_object to netplane_platform;

grant delete, insert, select, update on cluster_object to netplane_worker;

grant select on duty_lease to netplane_platform;

grant delete, insert, select, update on duty_lease to netplane_worker;

grant insert, select, update on eip to netplane_api;

grant insert, select, update on eip to netplane_platform;

grant select on eip to netplane_worker;

grant select on eip_view to netplane_api;

grant select on eip_view to netplane_platform;

grant select on eip_view to netplane_worker;

grant select on eip_work_row to netplane_worker;

grant insert on event to netplane_api;

grant insert, select on event to netplane_platform;

grant insert, select on event to netplane_worker;

grant select on event_sequence to netplane_platform;

grant select, update on event_sequence to netplane_worker;

grant select on external_network to netplane_api;

grant insert, select, update on external_network to netplane_platform;

grant select on external_network to netplane_worker;

grant insert, select, update on idempotency_key to netplane_api;

grant delete, insert, select, update on idempotency_key to netplane_platform;

grant select on installation to netplane_platform;

grant select on installation to netplane_worker;

grant select on invariant_difference to netplane_platform;

grant select on invariant_difference to netplane_worker;

grant delete, select on ip_address to netplane_platform;

grant delete, insert, select, update on ip_address to netplane_worker;

grant insert, select, update on ip_range to netplane_platform;

grant select on ip_range to netplane_worker;

grant select on issuer to netplane_api;

grant insert, select, update on issuer to netplane_platform;

grant select on organization to netplane_api;

grant insert, select, update on organization to netplane_platform;

grant select on organization to netplane_worker;

grant insert, select, update on project to netplane_api;

grant insert, select, update on project to netplane_platform;

grant select on project to netplane_worker;

grant select on quota_limit to netplane_api;

grant delete, insert, select, update on quota_limit to netplane_platform;

grant delete, select on quota_limit to netplane_worker;

grant select on quota_usage to netplane_api;

grant delete, insert, select on quota_usage to netplane_platform;

grant delete, select on quota_usage to netplane_worker;

grant select on quota_view to netplane_api;

grant select on quota_view to netplane_platform;

grant delete, insert, select on resource_label to netplane_api;

grant delete, insert, select on resource_label to netplane_platform;

grant delete, select on resource_label to netplane_worker;

grant insert, select, update on role_binding to netplane_api;

grant insert, select, update on role_binding to netplane_platform;

grant select on schema_migration to netplane_platform;

grant insert, select, update on snat_rule to netplane_api;

grant insert, select, update on snat_rule to netplane_platform;

grant select on snat_rule to netplane_worker;

grant insert, select, update on subnet to netplane_api;

grant insert, select, update on subnet to netplane_platform;

grant select on subnet to netplane_worker;

grant select on usage_interval to netplane_platform;

grant select on usage_interval to netplane_worker;

grant insert, select, update on work_item to netplane_api;

grant insert, select, update on work_item to netplane_platform;

grant delete, insert, select, update on work_item to netplane_worker;

grant select on work_turn to netplane_platform;

grant delete, insert, select, update on work_turn to netplane_worker;

-- Grants on columns

grant update (capabilities, conditions, deleted_at, epoch, held_disruptions, kube_system_uid, mode, next_try_at, observed_revision, phase, revision, seen_epoch, seen_kube_system_uid, status_message, status_revision, status_updated_at, surveyed_reserved_cidrs, unasked_disruptions, unasked_since, updated_at) on cluster to netplane_worker;

grant update (database) on cluster_database to netplane_platform;

grant update (surveyed_database) on cluster_database to netplane_worker;

grant update (conditions, deleted_at, next_try_at, observed_revision, phase, provisioned_at, status_message, status_revision, status_updated_at) on eip to netplane_worker;

grant update (seq) on event to netplane_worker;

grant update (conditions, deleted_at, next_try_at, observed_revision, phase, status_message, status_revision, status_updated_at) on external_network to netplane_worker;

grant update (organization_id) on ip_address to netplane_platform;

grant update (conditions, deleted_at, loaded_at, next_try_at, observed_revision, phase, status_message, status_revision, status_updated_at) on ip_range to netplane_worker;

grant update (display_name, labels, revision, updated_at) on organization to netplane_api;

grant update (conditions, deleted_at, next_try_at, observed_revision, phase, status_message, status_revision, status_updated_at) on project to netplane_worker;

grant update (deleted_at) on snat_rule to netplane_worker;

grant update (deleted_at) on subnet to netplane_worker;

-- Grants on functions

grant execute on function adopt_eip to netplane_worker;

grant execute on function adopt_project to netplane_worker;

grant execute on function close_usage_interval to netplane_api, netplane_platform;

grant execute on function create_eip to netplane_api, netplane_platform;

grant execute on function database_identity to netplane_api, netplane_platform, netplane_worker;

grant execute on function database_state to netplane_api, netplane_platform, netplane_worker;

grant execute on function eip_work to netplane_worker;

grant execute on function enqueue_work to netplane_api, netplane_platform, netplane_worker;

grant execute on function find_issuer to netplane_api, netplane_platform;

grant execute on function find_memberships to netplane_api, netplane_platform;

grant execute on function find_network to netplane_api, netplane_platform;

grant execute on function insert_labels to netplane_api, netplane_platform;

grant execute on function keep_answer to netplane_api, netplane_platform;

grant execute on function lock_idempotency_key to netplane_api, netplane_platform;

grant execute on function network_has_free to netplane_api, netplane_platform;

grant execute on function open_usage_interval to netplane_api, netplane_platform;

grant execute on function refuse to netplane_api, netplane_platform;

grant execute on function refuse_quota to netplane_api, netplane_platform;

grant execute on function release_quota to netplane_worker;

grant execute on function require_tenant to netplane_api, netplane_platform;

grant execute on function split_usage_interval to netplane_api, netplane_platform;

grant execute on function start_address_release to netplane_api, netplane_platform;

grant execute on function take_address to netplane_api, netplane_platform;

grant execute on function take_namespace to netplane_api, netplane_platform;

grant execute on function take_project_cidr to netplane_api, netplane_platform;

grant execute on function take_quota to netplane_api, netplane_platform;
