import { killMasters, withClusteredSystem } from '../scenarios/scale/redis-cluster.ts';
import type { Report } from './report.ts';

/** `npm run prove -- scale redis`: a whole system on a Redis Cluster of three masters and three replicas, whose masters are killed under load. */
export async function runRedis(report: Report, isQuick: boolean): Promise<void> {
  const size = isQuick
    ? { instances: 2, sessions: 10, rounds: 1 }
    : { instances: 8, sessions: 200, rounds: 9 };
  report.begin(
    `${size.rounds} masters of a Redis Cluster killed, ${size.sessions} sessions of live agents under load`,
  );
  const result = await withClusteredSystem((system, cluster) =>
    killMasters(system, cluster, size, (text) => report.note(text)),
  );
  report.note(`${result.acknowledged} updates acknowledged`);
  report.note(
    `slowest failover ${Math.round(result.slowestFailoverMs)} ms, with 2,500 ms of silence before it`,
  );
  report.none('acknowledged updates that the streams lack', result.lost);
  report.none('contexts that are not the fold of their stream', result.wrongContexts);
  report.none('sessions that moved to another agent, or were attached anew', result.moved);
  report.none('updates that no agent got', result.undelivered);
  report.none('updates delivered twice', result.deliveredTwice);
}
