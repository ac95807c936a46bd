/** All that Kube-OVN has told OVN. */
import type { Stage } from './stage.ts';

const tables = [
  ...['Logical_Switch', 'Logical_Switch_Port', 'Logical_Router', 'Logical_Router_Port'],
  ...['Logical_Router_Static_Route', 'Logical_Router_Policy', 'NAT', 'Gateway_Chassis', 'HA_Chassis_Group'],
  ...['Load_Balancer', 'Load_Balancer_Group', 'Load_Balancer_Health_Check', 'ACL', 'Address_Set'],
  ...['Port_Group', 'DHCP_Options', 'Static_MAC_Binding', 'QoS', 'Meter', 'BFD', 'DNS', 'Copp', 'Mirror'],
] as const;

export interface Row {
  readonly table: string;
  /** All columns with their values. */
  readonly text: string;
}

async function rowsOfNorthbound({ nbctl }: Stage): Promise<readonly Row[]> {
  const perTable = await Promise.all(
    tables.map(async (table) => {
      const text = (await nbctl(['--format=list', 'list', table])).trim();
      return text === '' ? [] : text.split('\n\n').map((row) => ({ table, text: row }));
    }),
  );
  return perTable.flat();
}

/** Rows that mention any of the names. */
export async function rowsNaming(stage: Stage, names: readonly string[]): Promise<readonly Row[]> {
  const rows = await rowsOfNorthbound(stage);
  return rows.filter(({ text }) => names.some((name) => text.includes(name)));
}
