-- What a worker needs of an EIP, in one place for the two ways to read it: with a claim, and by itself.
create view eip_work_row with (security_invoker = true) as
select r.*, clock_timestamp() as now,
  abs(extract(epoch from clock_timestamp() - r.updated_at))::float as age_seconds,
  (select coalesce(json_agg(json_build_object(
       'id', o.id, 'api_version', o.api_version, 'kind', o.kind, 'namespace', o.namespace, 'name', o.name,
       'uid', o.uid, 'owner_kind', o.owner_kind, 'owner_id', o.owner_id, 'organization_id', o.organization_id,
       'slot', o.slot, 'origin', o.origin, 'builder_version', o.builder_version, 'incarnation', o.incarnation,
       'age_seconds', abs(extract(epoch from clock_timestamp() - o.created_at))::float) order by o.id), '[]')
   from cluster_object o where o.owner_kind = 'eip' and o.owner_id = r.id and o.gone_at is null) as objects,
  (select coalesce(json_object_agg(slot, last), '{}')
   from (select o.slot, max(o.incarnation) as last from cluster_object o where o.owner_id = r.id group by o.slot) s
  ) as last_incarnations,
  (select o.name from cluster_object o join external_network n on n.id = o.owner_id
   where o.owner_kind = 'external-network' and o.owner_id = r.external_network_id and o.slot = 'subnet'
     and o.gone_at is null and n.phase in ('ready', 'degraded', 'deleting')) as network_subnet,
  exists (
    select from snat_rule s
    join cluster_object o on o.owner_kind = 'project' and o.owner_id = s.project_id and o.slot = 'snat-rule'
      and o.gone_at is null
    where s.eip_id = r.id and s.deleted_at is null
  ) or r.purpose = 'gateway' and exists (
    select from project p
    where p.id = r.project_id and p.deleting_at is not null
      and not exists (select from json_array_elements(p.conditions) c where c ->> 'type' = 'Deleted')
  ) as is_used,
  (select p.deleting_at is not null from project p where p.id = r.project_id) as project_is_deleting
from eip r;

-- One of them for the statement that claims it. Volatile, so that each call sees what was committed until then: the row is
-- read after its work item was locked, not as the statement began. In plpgsql, which keeps the plan from one call to the
-- next.
create or replace function eip_work(p_id uuid) returns json
language plpgsql volatile set search_path = pg_catalog, public, pg_temp as $$
begin
  return (select row_to_json(work) from eip_work_row work where work.id = p_id and work.deleted_at is null);
end
$$;

grant select on eip_work_row to netplane_worker;
