import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metadata } from '@grpc/grpc-js';
import { notLeader, notReady } from './errors.ts';

const CLUSTER_FILE = 'cluster.json';

/** The cluster that gossip describes: addresses as `host:port`, each of which leads to the one store, directly or through a proxy. */
export interface ClusterView {
  readonly members: readonly string[];
  /** Null: an election is in progress, and the store is not ready. */
  readonly leader: string | null;
}

/**
 * Makes the store in `dir`, if it imitates a server, pretend to be a cluster: its gossip lists these members, and a call
 * that requires the leader is refused at any other address. Undefined: a single node again.
 */
export const setCluster = (dir: string, view: ClusterView | undefined): void => {
  const path = join(dir, CLUSTER_FILE);
  if (!view) return rmSync(path, { force: true });
  writeFileSync(`${path}.new`, JSON.stringify(view));
  renameSync(`${path}.new`, path);
};

interface IncomingCall {
  readonly metadata: Metadata;
  getHost(): string;
}

/** The cluster set by {@link setCluster}; by default a single node, which is the leader. */
export class Cluster {
  private readonly path: string;

  constructor(
    dir: string,
    private readonly own: string,
  ) {
    this.path = join(dir, CLUSTER_FILE);
  }

  get view(): ClusterView {
    return this.read() ?? { members: [this.own], leader: this.own };
  }

  get isReady(): boolean {
    return this.view.leader !== null;
  }

  /** Throws UNAVAILABLE during an election. */
  requireReady(): void {
    if (!this.isReady) throw notReady();
  }

  /** Throws not-leader for a call that requires the leader, at any address but the leader's. */
  requireLeader(call: IncomingCall): void {
    const leader = this.read()?.leader ?? undefined;
    const isRequired = call.metadata.get('requires-leader')[0] === 'true';
    if (isRequired && leader !== undefined && call.getHost() !== leader) throw notLeader(leader);
  }

  /** Read at each use, so that another process can move the leader. */
  private read(): ClusterView | undefined {
    if (!existsSync(this.path)) return undefined;
    return JSON.parse(readFileSync(this.path, 'utf8')) as ClusterView;
  }
}
