-- Every difference between what counters, addresses and intervals say and the rows that they count. Always empty.

create view invariant_difference with (security_invoker = true) as
with held as (
  select organization_id, project_id, network_type, family, count(*) as n
  from eip where deleted_at is null group by organization_id, project_id, network_type, family
), counted (organization_id, project_id, resource, network_type, family, n) as (
  select organization_id, null::uuid, 'eips', network_type, family, sum(n)
  from held group by organization_id, network_type, family
  union all
  select h.organization_id, h.project_id, 'eips', h.network_type, h.family, h.n from held h
  union all
  select organization_id, null, 'projects', '', '', count(*)
  from project where deleted_at is null group by organization_id
  union all
  select organization_id, null, 'project_addresses', '', '', sum(2 ^ (32 - masklen(cidr)))::bigint
  from project where deleted_at is null group by organization_id
)
select 'quota_usage' as invariant,
       concat_ws(' ', u.organization_id, u.project_id, u.resource, u.network_type, u.family) as subject,
       u.used::text as recorded, coalesce(c.n, 0)::text as counted
from quota_usage u
left join counted c on c.organization_id = u.organization_id and c.project_id is not distinct from u.project_id
  and c.resource = u.resource and c.network_type = u.network_type and c.family = u.family
where u.used <> coalesce(c.n, 0)
union all
select 'quota_usage', concat_ws(' ', c.organization_id, c.resource, c.network_type, c.family), null, c.n::text
from counted c
where c.project_id is null and not exists (
  select from quota_usage u where u.organization_id = c.organization_id and u.project_id is null
    and u.resource = c.resource and u.network_type = c.network_type and u.family = c.family)
union all
select 'address_of_eip', e.id::text, a.state, e.phase
from eip e left join ip_address a on a.holder_id = e.id and a.external_network_id = e.external_network_id
  and host(a.address) = e.address
where e.deleted_at is null
  and a.state is distinct from case when e.deleting_at is not null then 'releasing' else 'allocated' end
union all
select 'holder_of_address', host(a.address), a.state, a.holder_kind
from ip_address a
where a.holder_id is not null
  and not exists (select from eip e where e.id = a.holder_id and e.deleted_at is null)
  and not exists (select from project p where p.id = a.holder_id and p.deleted_at is null and a.state = 'router_port')
union all
select 'open_interval_of_eip', e.id::text, u.state, e.phase
from eip e left join usage_interval u on u.eip_id = e.id and u.ended_at is null
where e.deleted_at is null and (e.deleting_at is null) <> (u.id is not null)
union all
select 'eip_of_open_interval', u.eip_id::text, u.state, null
from usage_interval u
where u.ended_at is null and not exists (select from eip e where e.id = u.eip_id and e.deleted_at is null)
union all
select 'interval_gap', u.eip_id::text, u.started_at::text, previous.ended_at::text
from usage_interval u
cross join lateral (
  select p.ended_at from usage_interval p where p.eip_id = u.eip_id and p.started_at <= u.started_at and p.id < u.id
  order by p.started_at desc, p.id desc limit 1
) previous
where previous.ended_at is distinct from u.started_at;

grant select on invariant_difference to netplane_platform, netplane_worker;
