import { describe, expect, it } from '@jest/globals';
import { destinationOf } from './destination.ts';

const of = (url: string, headers = {}, body?: unknown) => destinationOf(url, headers, () => body);

describe('destinationOf', () => {
  it('a request of a session belongs to the session', () => {
    expect(of('/v1/sessions/3B24/turns')).toEqual({ sessionId: '3b24' });
  });

  it('a start belongs to its partner', () => {
    expect(of('/v1/sessions', {}, { partner_id: 'P1', session_id: 'x' })).toEqual({ partnerId: 'P1' });
  });

  it('a list of a partner belongs to the partner', () => {
    expect(of('/v1/turns?partner_id=P1&limit=5')).toEqual({ partnerId: 'P1' });
  });

  it('a list of a session belongs to the session', () => {
    expect(of('/v1/turns?session_id=3B24')).toEqual({ sessionId: '3b24' });
    expect(of('/v1/turns?session_id=3B24&partner_id=P1')).toEqual({ partnerId: 'P1' });
  });

  it.each(['/v1/turns/search', '/v1/journeys/search'])('%s belongs where its body says', (url) => {
    expect(of(url, {}, { partner_id: 'P1', session_id: '3B24' })).toEqual({ partnerId: 'P1' });
    expect(of(url, {}, { session_id: '3B24' })).toEqual({ sessionId: '3b24' });
    expect([of(url, {}, { session_id: 1 }), of(url, {}, null), of(url)]).toEqual([{}, {}, {}]);
  });

  it('a request of a partner belongs to the partner', () => {
    expect(of('/v1/partners/P%3A1/session')).toEqual({ partnerId: 'P:1' });
  });

  it('a request that names its cell belongs there', () => {
    expect(of('/v1/turns?cell=b')).toEqual({ cell: 'b' });
    expect(of('/v1/sessions/3b24/context', { 'turnstream-cell': 'a' })).toEqual({ cell: 'a' });
  });

  it.each(['//', '/v1/sessions/%zz', '/v1/partners/%E0%A4%A/session'])(
    'the address %s cannot be read',
    (url) => {
      expect(of(url)).toBeUndefined();
    },
  );

  it('a list of everything belongs to no cell', () => {
    expect(of('/v1/turns')).toEqual({});
  });
});
