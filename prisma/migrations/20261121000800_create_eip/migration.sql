-- The hot path: everything that an accepted EIP is, in one round trip (docs/adr/0009).
-- Runs with the caller's rights under row-level security; counters, addresses and the ledger go through the
-- functions above. Whatever is refused raises and undoes all of it.

-- What the API shows of an EIP: the row, and the name of what it is attached to.
create view eip_view with (security_invoker = true) as
select e.*, p.name as gateway_project_name
from eip e
left join project p
  on e.purpose = 'gateway' and p.organization_id = e.organization_id and p.id = e.project_id;

create function create_eip(
  p_issuer uuid, p_subject text, p_email text,
  -- organizations in which the caller may do this; null for the platform
  p_permitted uuid[],
  p_id uuid, p_project uuid, p_name text,
  -- 'cloud', 'public', or an id as the caller gave it with p_network_id; null: the project's egress network
  p_network text, p_network_id uuid,
  p_address inet, p_labels jsonb, p_request_id text, p_key text, p_fingerprint bytea, p_from inet
) returns table (replayed boolean, fingerprint bytea, eip json)
language plpgsql as $$
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
end $$;

-- Serialises requests with the same key; the wait is bounded by lock_timeout (→ idempotency_in_flight).
create function lock_idempotency_key(p_issuer uuid, p_subject text, p_operation text, p_key text) returns void
language plpgsql as $$
begin
  if p_key is not null then
    perform pg_advisory_xact_lock(
      hashtextextended(concat_ws(chr(31), p_issuer, p_subject, p_operation, p_key), 7));
  end if;
end $$;

create function keep_answer(
  p_organization uuid, p_issuer uuid, p_subject text, p_operation text, p_key text, p_fingerprint bytea, p_snapshot json
) returns void
language plpgsql as $$
begin
  if p_key is not null then
    insert into idempotency_key
    values (p_organization, p_issuer, p_subject, p_operation, p_key, p_fingerprint, p_snapshot,
            clock_timestamp() + interval '24 hours')
    on conflict (organization_id, issuer_id, subject, operation, key) do update
    set fingerprint = excluded.fingerprint, snapshot = excluded.snapshot, expires_at = excluded.expires_at;
  end if;
end $$;

create function insert_labels(
  p_organization uuid, p_kind text, p_id uuid, p_created_at timestamptz, p_labels jsonb
) returns void
language plpgsql as $$
begin
  if p_labels <> '{}' then
    insert into resource_label (organization_id, kind, resource_id, key, value, created_at)
    select p_organization, p_kind, p_id, l.key, l.value, p_created_at from jsonb_each_text(p_labels) l;
  end if;
end $$;

create function enqueue_work(p_kind text, p_id uuid, p_cluster uuid, p_organization uuid) returns void
language plpgsql as $$
begin
  insert into work_item (kind, id, cluster_id, organization_id)
  values (p_kind, p_id, p_cluster, coalesce(p_organization, '00000000-0000-0000-0000-000000000000'))
  on conflict (kind, id) do update
  set wanted = work_item.wanted + 1, run_at = least(work_item.run_at, excluded.run_at), attempts = 0;
end $$;

-- A network by its id, or the oldest one of that type that takes addresses.
create function find_network(p_cluster uuid, p_word text, p_network_id uuid, p_pointer text)
returns table (id uuid, type text, family text)
language plpgsql stable as $$
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
end $$;
