import { run } from '../../shared/run.ts';

/** The user that runs PostgreSQL: another user, or this one under another name. */
export interface Runner {
  readonly prefix: readonly string[];
  readonly user: { readonly uid?: number; readonly gid?: number };
}

/**
 * PostgreSQL refuses to run as root: root runs it as the user postgres, or nobody. If that user cannot reach the
 * program (a project under /root), it runs in a user namespace that maps root to another name.
 */
export async function unprivileged(program: string): Promise<Runner> {
  if (process.getuid?.() !== 0) return { prefix: [], user: {} };
  const { output } = await run(['getent', 'passwd', 'postgres', 'nobody']);
  for (const [, , uid, gid] of output.split('\n').map((line) => line.split(':'))) {
    const user = { uid: Number(uid), gid: Number(gid) };
    if (user.uid && (await run(['test', '-x', program], user)).code === 0) return { prefix: [], user };
  }
  return { prefix: ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'], user: {} };
}
