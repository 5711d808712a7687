import type { ConnectedSystem } from '../scenarios/clients.ts';
import { withClients } from '../scenarios/clients.ts';
import { measureAnswers } from '../scenarios/inquiries/answer-latency.ts';
import { inquireDeadSource } from '../scenarios/inquiries/circuit.ts';
import type { Closings } from '../scenarios/inquiries/events.ts';
import { receiveMessages, startSubjects } from '../scenarios/inquiries/incoming.ts';
import type { Subject } from '../scenarios/inquiries/messages.ts';
import { killOneOfTwoBridges, stopKafka } from '../scenarios/inquiries/outages.ts';
import { measureBridgeSpeed } from '../scenarios/inquiries/speed.ts';
import { inquireTroubledServices } from '../scenarios/inquiries/troubled-services.ts';
import { withOwnSystem } from '../scenarios/system.ts';
import type { Report } from './report.ts';

const closingMs = 250;

/** `npm run prove -- inquiries`: messages in, inquiries, and outages of a bridge and of Kafka. */
export async function runInquiries(report: Report): Promise<void> {
  await withOwnSystem((own) =>
    withClients(own, async (system) => {
      const subjects = await startSubjects(system, 2_000);
      const ids = subjects.map(({ session_id }) => session_id);
      report.begin('2,000 inquiries at once over services that are slow, silent, duplicating and late');
      await checkTroubledServices(system, ids, report);
      report.begin('Answers');
      await checkAnswers(system, ids.slice(0, 300), report);
      report.begin('A source that does not answer');
      await checkDeadSource(system, ids.slice(0, 200), report);
      report.begin('Two bridges, one killed with -9');
      checkClosings(await killOneOfTwoBridges(system, ids.slice(0, 1_000), 4_000), report);
      report.begin('Speed');
      await measureSpeed(system, subjects, report);
      report.begin(
        '100,000 messages through 50 joins and leaves of bridges and kills of the bridge and the event store',
      );
      await checkIncoming(system, subjects, report);
      report.begin('Kafka stopped for a minute');
      await checkKafkaOutage(system, subjects.slice(0, 500), report);
    }),
  );
}

async function checkTroubledServices(
  system: ConnectedSystem,
  ids: readonly string[],
  report: Report,
): Promise<void> {
  const result = await inquireTroubledServices(system, ids, 5_000);
  const { openingMs, closings, sent } = result;
  report.note(`${closings.opened} inquiries opened within ${Math.round(openingMs)} ms`);
  checkClosings(closings, report);
  report.atMost('latest closing after its deadline, in ms', closings.latestMs, closingMs);
  report.note(
    `${sent.silent} requests not answered, ${sent.failures} failures, ${sent.duplicates} duplicates`,
  );
  report.none('requests that do not match their schema', result.invalidRequests);
  report.none(`replies that are not recorded, of ${result.replies}`, result.unrecordedReplies);
  report.none('replies that are recorded twice', result.repliesRecordedTwice);
  report.none(`late answers without a correction, of ${result.lateReplies}`, result.uncorrectedReplies);
}

function checkClosings({ opened, closedOnce, outcomes, lateness }: Closings, report: Report): void {
  report.equal('inquiries with exactly one InquiryClosed', closedOnce, opened);
  report.note(`closed after the deadline by p50 ${lateness.p50} ms, p99 ${lateness.p99} ms`);
  report.note(
    Object.entries(outcomes)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  );
}

async function checkAnswers(system: ConnectedSystem, ids: readonly string[], report: Report): Promise<void> {
  const { samples, p50, p99 } = await measureAnswers(system, ids);
  report.note(
    `${samples} answers, from the last one to the context: p50 ${Math.round(p50)} ms, p99 ${Math.round(p99)} ms`,
  );
}

async function checkDeadSource(
  system: ConnectedSystem,
  ids: readonly string[],
  report: Report,
): Promise<void> {
  const { inquiries, answeredEarly } = await inquireDeadSource(system, ids);
  report.atLeast(`of ${inquiries} answers given early without the dead source`, answeredEarly, inquiries / 2);
}

async function measureSpeed(
  system: ConnectedSystem,
  subjects: readonly Subject[],
  report: Report,
): Promise<void> {
  const count = 30_000;
  const { bridge, rawConsumption, rawAppends } = await measureBridgeSpeed(system, subjects, count);
  report.note(`bridge: ${bridge} messages/s from Kafka into the streams, ${count} messages`);
  report.note(`raw kafkajs consumption: ${rawConsumption} messages/s`);
  report.note(`raw appends, 96 in flight: ${rawAppends} events/s`);
  report.note(`the bridge is at ${Math.round((100 * bridge) / rawAppends)} % of raw appends`);
}

async function checkIncoming(
  system: ConnectedSystem,
  subjects: readonly Subject[],
  report: Report,
): Promise<void> {
  const size = { messages: 100_000, joins: 50, bridgeKills: 3, storeKills: 1 };
  const { seconds, effects, deadLetters } = await receiveMessages(system, subjects, size);
  report.note(`${size.messages} messages, ${Math.round(seconds)} s with all disturbances`);
  report.equal('good messages with an effect', effects.recorded, effects.expected);
  report.none('effects that are recorded twice', effects.recordedTwice);
  report.none('effects in a session that they do not concern', effects.inAnotherSession);
  report.none('contexts without the newest message of a kind', effects.outdated);
  report.equal(
    'poisoned messages in the dead letters, byte for byte',
    deadLetters.found,
    deadLetters.expected,
  );
  report.none('of them with a wrong reason', deadLetters.withWrongReason);
  report.none('of them on a wrong topic', deadLetters.onWrongTopic);
  report.equal('places named, one for each poisoned message', deadLetters.places, deadLetters.expected);
  report.note(`reasons: ${deadLetters.reasons.join(', ')}`);
}

async function checkKafkaOutage(
  system: ConnectedSystem,
  subjects: readonly Subject[],
  report: Report,
): Promise<void> {
  const outage = await stopKafka(system, subjects, 60_000);
  report.note(`${outage.turns} turns recorded meanwhile, slowest ${Math.round(outage.slowestTurnMs)} ms`);
  checkClosings(outage.closings, report);
  report.equal('inquiries afterwards that meet an open circuit', outage.refused, 0);
  report.note(`caught up ${Math.round(outage.recoveryS)} s after Kafka was back`);
  const { expected, missing, outOfOrder, invalid } = outage.published;
  report.none(`events of conversations that are not published, of ${expected}`, missing);
  report.none('published out of the order of their session', outOfOrder);
  report.none('published otherwise than described', invalid);
  report.none(
    `messages sent before the outage without an effect, of ${outage.messages}`,
    outage.messagesWithoutEffect,
  );
}
