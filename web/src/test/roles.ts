// What each role may do, as the server's own document says it.
import { readFileSync } from 'node:fs';
import type { Permission, Role, RoleInfo } from '@/api/types';

interface Document {
  'x-permissions': Record<Permission, Role[]>;
}

export function documentedRoles(): RoleInfo[] {
  const document = JSON.parse(readFileSync('../openapi/openapi.json', 'utf8')) as Document;
  const rows = Object.entries(document['x-permissions']) as [Permission, Role[]][];
  return (['admin', 'supervisor', 'viewer'] as const).map((role) => ({
    role,
    permissions: rows.filter(([, roles]) => roles.includes(role)).map(([permission]) => permission),
  }));
}
