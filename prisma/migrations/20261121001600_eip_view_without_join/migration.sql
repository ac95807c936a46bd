-- The project's name is looked up for gateway EIPs alone. As a join it was compared with every project of the
-- organization for every EIP of a page.
create or replace view eip_view with (security_invoker = true) as
select e.*, (
  select p.name from project p
  where e.purpose = 'gateway' and p.organization_id = e.organization_id and p.id = e.project_id
) as gateway_project_name
from eip e;
