import { randomInt } from 'node:crypto';
import { proveKafkaAway, proveOneBridgeKilled } from './absences.ts';
import { measureAnswers } from './answer-latency.ts';
import { measureSpeed } from './bridge-speed.ts';
import type { BridgeSystem } from './bridge-system.ts';
import { lookInto } from './bridge-system.ts';
import { proveIncoming, startSubjects } from './incoming.ts';
import { proveCircuit } from './circuit.ts';
import { proveManyInquiries } from './many-inquiries.ts';
import type { Report } from './report.ts';
import { withOwnSystem } from './system.ts';

/** A system whose bridges are a group of their own. */
export async function withBridgeSystem(fn: (system: BridgeSystem) => Promise<void>): Promise<void> {
  const KAFKA_GROUP = `turnstream-proof-${process.pid}-${randomInt(1_000_000)}`;
  await withOwnSystem((own) => lookInto(own, KAFKA_GROUP, fn), { KAFKA_GROUP });
}

/** `npm run prove -- inquiries`: messages in, inquiries, and what happens when a bridge or Kafka is away. */
export async function proveInquiries(report: Report): Promise<void> {
  await withBridgeSystem(async (system) => {
    const subjects = await startSubjects(system, 2_000);
    const ids = subjects.map(({ session_id }) => session_id);
    report.begin('2,000 inquiries at once over services that are slow, dead, duplicating and late');
    await proveManyInquiries(system, ids, { timeoutMs: 5_000, promisedMs: 250 }, report);
    report.begin('Answers');
    await measureAnswers(system, ids.slice(0, 300), report);
    report.begin('A source that does not answer');
    await proveCircuit(system, ids.slice(0, 200), report);
    report.begin('Two bridges, one killed with -9');
    await proveOneBridgeKilled(system, ids.slice(0, 1_000), 4_000, report);
    report.begin('Speed');
    await measureSpeed(system, subjects, 30_000, report);
    report.begin(
      '100,000 messages through 50 joins and leaves of consumers and kills of the bridge and the event store',
    );
    await proveIncoming(system, subjects, { messages: 100_000, joins: 50, kills: 3, storeKills: 1 }, report);
    report.begin('Kafka away for a minute');
    await proveKafkaAway(system, subjects.slice(0, 500), 60_000, report);
  });
}
