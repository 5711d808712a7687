import { describe, expect, it } from '@jest/globals';
import { slotIn, slotOf, slots, withSlot } from './slots.ts';

describe('slots', () => {
  it('the id of a session ends with the slot of its partner', () => {
    const id = withSlot('3b241101-e2bb-4255-8caf-4136c566a962', slotOf('P7689'));
    expect(id).toMatch(/^3b241101-e2bb-4255-8caf-4136c566a[\da-f]{3}$/);
    expect(slotIn(id)).toBe(slotOf('P7689'));
  });

  it('partners are spread evenly over the slots', () => {
    const counts = Array.from({ length: 16 }, () => 0);
    for (let n = 0; n < 16_000; n += 1) {
      const slot = slotOf(`partner-${n}`);
      expect(slot).toBeLessThan(slots);
      counts[slot >> 8] = (counts[slot >> 8] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});
