import { expect, test } from '@jest/globals';
import { Metrics } from './metrics.ts';

test('counts requests by method, route and status', async () => {
  const metrics = new Metrics('api');
  metrics.observeRequest('GET', '/v1/sessions/:id/context', 200, 0.0004);
  metrics.observeRequest('GET', '/v1/sessions/:id/context', 200, 0.004);
  metrics.observeRequest('POST', '/v1/sessions', 201, 0.02);
  const text = await metrics.registry.metrics();
  const series = 'app="api",method="GET",route="/v1/sessions/:id/context",status="200"';
  expect(text).toContain(`http_request_duration_seconds_count{${series}} 2`);
  expect(text).toContain(`http_request_duration_seconds_bucket{le="0.001",${series}} 1`);
  expect(text).toContain(
    'http_request_duration_seconds_count{app="api",method="POST",route="/v1/sessions",status="201"} 1',
  );
});

test("shows Node's own metrics and those of the parts", async () => {
  const metrics = new Metrics('projector');
  metrics.counter('events_total', 'Events applied', ['writer']).inc({ writer: 'rows' }, 3);
  metrics.gauge('lag_seconds', 'Age of the oldest event not applied', [], (gauge) => gauge.set(1.5));
  metrics.histogram('batch_size', 'Events a batch', [], [1, 10]).observe(4);
  const text = await metrics.registry.metrics();
  expect(text).toContain('events_total{writer="rows",app="projector"} 3');
  expect(text).toContain('lag_seconds{app="projector"} 1.5');
  expect(text).toContain('batch_size_bucket{le="10",app="projector"} 1');
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds{app="projector"}');
});

test('two processes of one test do not share metrics', () => {
  new Metrics('a').counter('same_total', 'One');
  expect(() => new Metrics('b').counter('same_total', 'Two')).not.toThrow();
});
