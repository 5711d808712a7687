import { Module } from '@nestjs/common';
import { HealthChecks } from '#platform';
import { IndexLag } from './index-lag.ts';
import { SessionFinder } from './session-finder.ts';
import { BridgeMetrics } from '../common/metrics.ts';

/** The index of references: which sessions concern an order, payout, shipment or partner. */
@Module({
  providers: [IndexLag, SessionFinder],
  exports: [IndexLag, SessionFinder],
})
export class ReferencesModule {
  constructor(index: IndexLag, metrics: BridgeMetrics, health: HealthChecks) {
    metrics.observeIndexLag(() => index.seconds());
    health.addDetail('index', async () => {
      const obstacle = await index.obstacle();
      return { lag_s: await index.seconds(), ...(obstacle && { updates_wait: obstacle.message }) };
    });
  }
}
