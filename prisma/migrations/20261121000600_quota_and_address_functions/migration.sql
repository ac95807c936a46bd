-- The only way that the API's role writes counters and addresses. Each refuses a tenant that is not set.
-- Lock order everywhere: idempotency key, project, quota (organization, then project), addresses ascending, the rest.

-- A refusal that the API translates by its code; it undoes the whole transaction.
create function refuse(p_code text, p_params jsonb, p_pointer text default '') returns void
language plpgsql as $$
begin
  raise exception using errcode = 'NP000', message = p_code, detail = p_params::text, hint = p_pointer;
end $$;

create function require_tenant(p_organization uuid) returns void
language plpgsql stable as $$
begin
  if (p_organization = any (
        string_to_array(nullif(current_setting('netplane.orgs', true), ''), ',')::uuid[]
      )) is not true then
    raise exception 'no tenant is set for organization %', p_organization using errcode = 'NP001';
  end if;
end $$;

-- Takes n of a limit. The counter's row is locked first and the limit read after, so that a limit lowered
-- meanwhile counts; passing it raises, which undoes the increment.
create function take_quota(
  p_organization uuid, p_project uuid, p_resource text, p_network_type text, p_family text, p_n bigint
) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
end $$;

create function refuse_quota(
  p_resource text, p_network_type text, p_family text, p_scope text, p_limit bigint, p_used bigint, p_requested bigint
) returns void
language plpgsql as $$
begin
  perform refuse('quota_exceeded', jsonb_build_object(
    'resource', p_resource, 'network_type', nullif(p_network_type, ''), 'family', nullif(p_family, ''),
    'scope', p_scope, 'limit', p_limit, 'used', p_used, 'requested', p_requested));
end $$;

create function release_quota(
  p_organization uuid, p_project uuid, p_resource text, p_network_type text, p_family text, p_n bigint
) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
end $$;

-- Takes an address for a holder: the one asked for, else the organization's own quarantined one, else a free one.
-- p_from is a hint where free ones may begin; the search wraps around.
create function take_address(
  p_organization uuid, p_network uuid, p_address inet, p_from inet, p_state text, p_holder_kind text, p_holder_id uuid
) returns inet
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_address inet;
begin
  perform require_tenant(p_organization);
  v_address := case when p_address is null then pick_address(p_organization, p_network, p_from)
                    else claim_named_address(p_organization, p_network, p_address) end;
  update ip_address
  set state = p_state, organization_id = p_organization, holder_kind = p_holder_kind, holder_id = p_holder_id,
      quarantined_until = null
  where external_network_id = p_network and address = v_address;
  return v_address;
end $$;

create function claim_named_address(p_organization uuid, p_network uuid, p_address inet) returns inet
language plpgsql as $$
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
end $$;

create function pick_address(p_organization uuid, p_network uuid, p_from inet) returns inet
language plpgsql as $$
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
end $$;

-- The address of a deleted EIP: held until the cluster has let go of it.
create function start_address_release(p_organization uuid, p_holder_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform require_tenant(p_organization);
  update ip_address set state = 'releasing'
  where holder_id = p_holder_id and organization_id = p_organization and state = 'allocated';
end $$;

-- A project's CIDR: the one asked for, or the next free block of the cluster's pool. Sees all tenants' projects and
-- tells the caller nothing of them. One at a time per cluster; the exclusion constraint stands behind it.
create function take_project_cidr(p_cluster uuid, p_wanted cidr, p_allow_overlap boolean) returns cidr
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
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
end $$;

create function cidr_block(p_address inet, p_prefix int) returns cidr
language sql immutable as $$
  select network(set_masklen(p_address, p_prefix))
$$;

-- The last address of whatever overlaps the candidate: projects, external networks, reserved ranges.
create function last_in_use(p_cluster cluster, p_candidate cidr) returns inet
language sql stable as $$
  select max(set_masklen(broadcast(used.cidr), 32)) from (
    select cidr from project where cluster_id = p_cluster.id and deleted_at is null and cidr && p_candidate
    union all
    select cidr from external_network where cluster_id = p_cluster.id and deleted_at is null and cidr && p_candidate
    union all
    select (reserved ->> 'cidr')::cidr
    from jsonb_array_elements(p_cluster.configured_reserved_cidrs || p_cluster.surveyed_reserved_cidrs) reserved
    where (reserved ->> 'cidr')::cidr && p_candidate
  ) used
$$;

-- The first of these names that no project of the cluster has; the last one where all are taken (a constraint follows).
create function take_namespace(p_cluster uuid, p_candidates text[]) returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select candidate.name from unnest(p_candidates) with ordinality as candidate (name, position)
  order by exists (
    select from project p where p.cluster_id = p_cluster and p.namespace = candidate.name and p.deleted_at is null
  ), candidate.position limit 1
$$;

-- A limit with what is taken of it.
create view quota_view with (security_invoker = true) as
select l.*, coalesce(u.used, 0) as used
from quota_limit l
left join quota_usage u on u.organization_id = l.organization_id and u.project_id is not distinct from l.project_id
  and u.resource = l.resource and u.network_type = l.network_type and u.family = l.family;
