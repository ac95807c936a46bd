-- Who sees what. The API's role sees the rows of the organizations in `netplane.orgs` and nothing without it; the
-- platform's and the worker's roles see all rows but only the tables and columns that they need.

do $$
declare
  v_table text;
  v_tenant constant text :=
    'any (string_to_array(nullif(current_setting(''netplane.orgs'', true), ''''), '','')::uuid[])';
  v_member constant text := '(nullif(current_setting(''netplane.orgs'', true), '''') is not null)';
begin
  -- the platform's, which members of any organization may choose from
  foreach v_table in array array['cluster', 'external_network'] loop
    execute format('alter table %I enable row level security', v_table);
    execute format('alter table %I force row level security', v_table);
    execute format('create policy platform on %I to netplane_platform using (true)', v_table);
    execute format('create policy worker on %I to netplane_worker using (true)', v_table);
    execute format('create policy member on %I for select to netplane_api using %s', v_table, v_member);
  end loop;

  foreach v_table in array array[
    'organization', 'issuer', 'role_binding', 'quota_limit', 'quota_usage', 'project', 'subnet', 'eip', 'snat_rule',
    'resource_label', 'usage_interval', 'event', 'audit_event', 'idempotency_key', 'work_item'
  ] loop
    execute format('alter table %I enable row level security', v_table);
    execute format('alter table %I force row level security', v_table);
    execute format('create policy platform on %I to netplane_platform using (true)', v_table);
    execute format('create policy worker on %I to netplane_worker using (true)', v_table);
    if v_table = 'organization' then
      execute format('create policy tenant on %I to netplane_api using (id = %s)', v_table, v_tenant);
    elsif v_table = 'issuer' then
      -- a platform issuer may be named in every organization's role bindings
      execute format(
        'create policy tenant on %I to netplane_api
           using ((organization_id is null and %s) or organization_id = %s)',
        v_table, v_member, v_tenant);
    else
      execute format('create policy tenant on %I to netplane_api using (organization_id = %s)', v_table, v_tenant);
    end if;
  end loop;
end $$;


-- The API, for tenants.
grant select on organization, issuer, role_binding, quota_limit, quota_usage, project, subnet, eip, snat_rule,
  eip_view, quota_view, resource_label, cluster, external_network to netplane_api;
grant update (display_name, labels, revision, updated_at) on organization to netplane_api;
grant insert, update on role_binding, project, subnet, eip, snat_rule to netplane_api;
grant insert, delete on resource_label to netplane_api;
grant insert on event, audit_event to netplane_api;
grant select, insert, update on idempotency_key, work_item to netplane_api;

-- The API, for platform administrators.
grant select on all tables in schema public to netplane_platform;
grant insert, update on organization, issuer, role_binding, quota_limit, project, subnet, eip, snat_rule,
  cluster, external_network, ip_range, idempotency_key, work_item to netplane_platform;
grant insert, delete on resource_label to netplane_platform;
grant insert on event, audit_event, quota_usage to netplane_platform;
grant delete on quota_limit, quota_usage, idempotency_key, ip_address to netplane_platform;
grant update (organization_id) on ip_address to netplane_platform;

-- The worker: nothing of issuers, role bindings and idempotency keys.
grant select on organization, quota_limit, quota_usage, project, subnet, eip, eip_view, snat_rule, resource_label,
  cluster, external_network, ip_range, ip_address, usage_interval, event, event_sequence, work_item, work_turn,
  cluster_object, duty_lease, installation to netplane_worker;
grant update (phase, conditions, status_revision, observed_revision, status_updated_at, next_try_at, status_message,
  deleted_at) on project, eip, external_network, ip_range to netplane_worker;
grant update (provisioned_at) on eip to netplane_worker;
grant update (loaded_at) on ip_range to netplane_worker;
grant update (deleted_at) on subnet, snat_rule to netplane_worker;
grant update (mode, kube_system_uid, seen_kube_system_uid, epoch, seen_epoch, capabilities, surveyed_reserved_cidrs,
  unasked_disruptions, unasked_since, held_disruptions, revision, updated_at, phase, conditions, status_revision,
  observed_revision, status_updated_at, next_try_at, status_message, deleted_at) on cluster to netplane_worker;
grant insert, update, delete on ip_address, work_item, work_turn, cluster_object, duty_lease to netplane_worker;
grant delete on resource_label, quota_limit, quota_usage to netplane_worker;
grant insert on event to netplane_worker;
grant update (seq) on event to netplane_worker;
grant update on event_sequence to netplane_worker;

grant execute on function refuse, require_tenant, take_quota, refuse_quota, take_address, start_address_release,
  open_usage_interval, close_usage_interval, split_usage_interval, create_eip,
  lock_idempotency_key, keep_answer, insert_labels, enqueue_work, find_network, take_project_cidr, take_namespace
  to netplane_api, netplane_platform;
grant execute on function release_quota, enqueue_work to netplane_worker;

-- What authentication needs before any tenant is known: the issuer of a token, and who its holder is.
create function find_issuer(p_issuer_url text)
returns table (id uuid, organization_id uuid, issuer_url text, audiences text[], jwks_uri text, algorithms text[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select i.id, i.organization_id, i.issuer_url, i.audiences, i.jwks_uri, i.algorithms
  from issuer i where i.issuer_url = p_issuer_url and i.deleted_at is null
$$;

-- A bound issuer's tokens count in its own organization only, whatever a binding says.
create function find_memberships(p_issuer uuid, p_subject text, p_groups text[])
returns table (organization_id uuid, name text, display_name text, role text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select o.id, o.name, o.display_name, b.role
  from role_binding b
  join issuer i on i.id = b.issuer_id and i.deleted_at is null
    and (i.organization_id is null or i.organization_id = b.organization_id)
  join organization o on o.id = b.organization_id and o.deleted_at is null
  where b.issuer_id = p_issuer and b.deleted_at is null
    and (b.subject = p_subject or b."group" = any (p_groups))
  order by o.name, b.role
$$;

-- Members learn whether an address can be had, never how many; what their organizations gave back is theirs to have.
create function network_has_free(p_network uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select exists (select from ip_address where external_network_id = p_network and state = 'free')
    or exists (
      select from ip_address
      where external_network_id = p_network and state = 'quarantined'
        and organization_id = any (
          string_to_array(nullif(current_setting('netplane.orgs', true), ''), ',')::uuid[]
        )
    )
$$;

grant execute on function find_issuer, find_memberships, network_has_free to netplane_api, netplane_platform;
