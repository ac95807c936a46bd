-- Rows for what stands on a cluster and no row knows, after a restore: the worker's role may make them through these two
-- functions only. They take quota, address and usage like a create, and refuse like one; the ids are those that the
-- objects carry. Usage starts now: what was before is for a correction record, and the audit row says since when the
-- object is there.

create function adopt_address(
  p_organization uuid, p_network uuid, p_address inet, p_state text, p_holder_kind text, p_holder_id uuid
) returns void
language plpgsql as $$
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
end $$;

create function record_adoption(
  p_organization uuid, p_project uuid, p_kind text, p_id uuid, p_at timestamptz, p_changes jsonb
) returns void
language plpgsql as $$
begin
  insert into event (organization_id, project_id, kind, id, type, revision, status_revision, at)
  values (p_organization, p_project, p_kind, p_id, 'created', 1, 1, p_at);
  insert into audit_event (at, organization_id, project_id, subject, operation, kind, resource_id, request_id, changes)
  values (p_at, p_organization, p_project, 'platform', p_kind || '.adopt', p_kind, p_id, 'doctor', p_changes);
end $$;

create function adopt_eip(
  p_id uuid, p_organization uuid, p_project uuid, p_network uuid, p_address inet, p_name text, p_made_at timestamptz
) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
end $$;

create function adopt_project(
  p_id uuid, p_organization uuid, p_cluster uuid, p_name text, p_namespace text, p_cidr cidr, p_gateway inet,
  p_network uuid, p_router_port inet, p_eip uuid, p_eip_address inet, p_subnet uuid, p_snat_rule uuid,
  p_made_at timestamptz
) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
end $$;

grant execute on function adopt_eip, adopt_project to netplane_worker;
