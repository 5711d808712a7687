import { LIKE_A_SERVER, type LikeAServer } from './like-a-server.ts';
import { startServer } from './server.ts';

export { setCluster, type ClusterView } from './rpc/cluster.ts';
export type { LikeAServer } from './like-a-server.ts';
export { StoreOpenError } from './store/errors.ts';

export interface EventStoreOptions {
  /** The data directory; created when missing. */
  readonly dir: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Secure mode checks basic credentials and access control lists. */
  readonly mode?: 'secure' | 'insecure';
  /** Maximum size of an append, in bytes. Default 1 MiB. */
  readonly maxAppendSize?: number;
  /** Also imitates the timing of EventStoreDB; numbers replace the usual durations. Default false. */
  readonly likeAServer?: boolean | Partial<LikeAServer>;
}

export interface EventStore {
  /** For `EventStoreDBClient.connectionString`. */
  readonly connectionString: string;
  readonly port: number;
  /** Ends open calls and closes the files. */
  stop(): Promise<void>;
}

/** Starts an event store in this process. Throws StoreOpenError when the directory or the port cannot be used. */
export const startEventStore = async (options: EventStoreOptions): Promise<EventStore> => {
  const { likeAServer = false } = options;
  const server = await startServer({
    dir: options.dir,
    port: options.port ?? 0,
    host: '127.0.0.1',
    secure: options.mode === 'secure',
    ...(options.maxAppendSize !== undefined && { maxAppendSize: options.maxAppendSize }),
    ...(likeAServer !== false && {
      likeAServer: { ...LIKE_A_SERVER, ...(likeAServer !== true && likeAServer) },
    }),
  });
  const connectionString = `esdb://127.0.0.1:${server.port}?tls=false`;
  return { connectionString, port: server.port, stop: () => server.stop() };
};
