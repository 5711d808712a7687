/** Generated dialogues in the Schema-Guided Dialogue format, with four turns times `rounds` each. */
export function sampleDialogues(count: number, rounds = 1): object[] {
  return Array.from({ length: count }, (_, index) => ({
    dialogue_id: `sample_${index}`,
    services: ['Rides_1', 'Weather_1'],
    turns: Array.from({ length: rounds }, (_unused, round) => roundOf(round)).flat(),
  }));
}

const ride = { destination: ['MG Road'], stops: ['one', 'two'] };

function roundOf(round: number): object[] {
  const again = round === 0 ? '' : ` (${round + 1})`;
  return [
    user(`A cab to MG Road please${again}`, [frame('Rides_1', 'GetRide', ride, 'INFORM_INTENT')]),
    bot(`It is on its way${again}`, {
      service: 'Rides_1',
      actions: [{ act: 'NOTIFY_SUCCESS', slot: '', values: [] }],
      service_call: { method: 'GetRide', parameters: { destination: 'MG Road' } },
      service_results: [{ fare: '120' }],
    }),
    user(`And the weather in Pune?${again}`, [
      frame('Rides_1', 'NONE', { destination: ['MG Road'] }, 'REQUEST'),
      frame('Weather_1', 'GetWeather', { city: ['Pune'] }, 'INFORM_INTENT'),
    ]),
    bot('Sunny.', { service: 'Weather_1', actions: [{ act: 'OFFER', slot: 'weather', values: ['Sunny'] }] }),
  ];
}

function user(utterance: string, frames: object[]): object {
  return { speaker: 'USER', utterance, frames };
}

function bot(utterance: string, only: object): object {
  return { speaker: 'SYSTEM', utterance, frames: [only] };
}

function frame(service: string, active_intent: string, slot_values: object, act: string): object {
  return {
    service,
    actions: [{ act, slot: 'intent', values: [active_intent] }],
    state: { active_intent, slot_values },
  };
}
