-- Every difference between what an address says and what claims it. Always empty; the doctor asks, and the worker at a
-- slower rate than for counters, since it looks at each address of every range.

create view address_difference with (security_invoker = true) as
select 'address_of_another' as kind, host(a.address) as subject,
       concat_ws(' ', a.state, 'for EIP', e.id, 'which has', e.address) as detail
from ip_address a join eip e on e.id = a.holder_id and e.deleted_at is null
where a.holder_kind = 'eip' and (e.address <> host(a.address) or e.external_network_id <> a.external_network_id)
union all
select 'router_port', p.id::text, format('%s addresses are held for its router port', count(a.address))
from project p
left join ip_address a on a.holder_id = p.id and a.state = 'router_port'
  and a.external_network_id = p.external_network_id
where p.deleted_at is null group by p.id having count(a.address) <> 1
union all
select 'router_port', p.id::text, host(a.address) || ' is held in a network that it is not connected to'
from project p join ip_address a on a.holder_id = p.id and a.state = 'router_port'
where p.deleted_at is null and a.external_network_id <> p.external_network_id
union all
-- its end looks every 5 s
select 'quarantine_overdue', host(a.address), 'its quarantine was over at ' || a.quarantined_until
from ip_address a
where a.state = 'quarantined' and a.quarantined_until < clock_timestamp() - interval '5 minutes'
union all
select 'blocked_without_reason', host(a.address), 'nobody says who holds it'
from ip_address a where a.state = 'blocked' and a.reason is null
union all
select 'addresses_of_range', r.id::text, format('%s rows for %s addresses', count(a.address), r.last - r.first + 1)
from ip_range r left join ip_address a on a.ip_range_id = r.id and a.address between r.first and r.last
where r.deleted_at is null and r.deleting_at is null and r.loaded_at is not null
group by r.id, r.first, r.last having count(a.address) <> r.last - r.first + 1;

grant select on address_difference to netplane_platform, netplane_worker;
