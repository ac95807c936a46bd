-- The only way that the API's role writes the ledger. Instants are the database's clock, once per statement.

create function open_usage_interval(
  p_organization uuid, p_organization_name text, p_project uuid, p_project_name text, p_cluster uuid,
  p_network uuid, p_network_type text, p_family text, p_address inet, p_eip uuid, p_purpose text, p_state text,
  p_labels jsonb, p_at timestamptz, p_reason text
) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform require_tenant(p_organization);
  insert into usage_interval (
    organization_id, organization_name, project_id, project_name, cluster_id, external_network_id, network_type,
    family, address, eip_id, purpose, state, labels, started_at, start_reason
  ) values (
    p_organization, p_organization_name, p_project, p_project_name, p_cluster, p_network, p_network_type,
    p_family, p_address, p_eip, p_purpose, p_state, p_labels, p_at, p_reason
  );
end $$;

-- Held time ends when DELETE is accepted. An EIP that the cluster never confirmed says so.
create function close_usage_interval(p_organization uuid, p_eip uuid, p_reason text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform require_tenant(p_organization);
  update usage_interval
  set ended_at = greatest(started_at, v_now), end_reason = p_reason
  where eip_id = p_eip and organization_id = p_organization and ended_at is null;
end $$;

-- A change of state or labels closes the open interval and opens the next at the same instant.
create function split_usage_interval(p_organization uuid, p_eip uuid, p_state text, p_labels jsonb, p_reason text)
returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
end $$;
