-- A copy of the database is told from the database, without asking anybody: a dump carries the identity of the one that
-- it was taken from. Until somebody has let this one manage a cluster, its workers write nothing there, and until its
-- addresses were compared with the cluster, none is handed out.

-- Another server or another database of the same server; a restart, a fail-over and a point-in-time recovery keep it.
create function database_identity() returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select concat(s.system_identifier, '/', d.oid)
  from pg_control_system() s, pg_database d where d.datname = current_database()
$$;

-- The same and the timeline: a fail-over or a point-in-time recovery may have lost the last moments.
create function database_state() returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select concat(s.system_identifier, '/', d.oid, '/', c.timeline_id)
  from pg_control_system() s, pg_control_checkpoint() c, pg_database d where d.datname = current_database()
$$;

grant execute on function database_identity, database_state to netplane_api, netplane_platform, netplane_worker;

-- Beside the cluster, not in it: processes of the last release have statements prepared over all of its columns.
create table cluster_database (
  cluster_id uuid primary key references cluster,
  -- the database that may manage it
  database text default database_identity(),
  -- the one whose addresses were compared with what the cluster holds; null: not since the last doubt
  surveyed_database text default database_state()
);

create function note_cluster_database() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into cluster_database (cluster_id) values (new.id);
  return null;
end $$;

-- beside 0.1.0: a cluster that its API makes gets a row as well
create trigger cluster_has_a_database after insert on cluster
for each row execute function note_cluster_database();

insert into cluster_database (cluster_id) select id from cluster;

grant select on cluster_database to netplane_platform, netplane_worker;
grant update (database) on cluster_database to netplane_platform;
grant update (surveyed_database) on cluster_database to netplane_worker;

-- As before, and nothing that a database claims before it was compared with the cluster.
create or replace function take_address(
  p_organization uuid, p_network uuid, p_address inet, p_from inet, p_state text, p_holder_kind text, p_holder_id uuid
) returns inet
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
end $$;
