/**
 * Deno's permissions, without its prompt at the terminal.
 *
 * @module
 */

/** Whether a permission is granted. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}
