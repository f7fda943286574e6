import { crc32 } from 'node:zlib';
import type { SiteStatus } from '#contract/api.ts';
import type { AlarmModel, SiteModel } from '#contract/model.ts';
import type { Core } from '#edge/core.ts';
import { PAGE_ROWS, type Page } from '#journal/api.ts';
import type { AnswerMessage, AskedAcknowledgement, ReportRow } from '#uplink/reports.ts';
import type { ReportPorts } from '#uplink/site/api.ts';
import { Acknowledging } from './acknowledging.ts';
import { ReportRows } from './rows.ts';

export interface SiteReportPorts {
  readonly core: Pick<Core, 'clock' | 'journal' | 'decisions' | 'path'>;
  status(): SiteStatus;
  model(): SiteModel;
  /** Paths of the tags that the condition of an alarm reads. */
  reads(alarm: string): readonly string[];
}

/** What a site says of itself to a hub, over all connections of one run, and what it does for it. */
export class SiteReport implements ReportPorts {
  readonly #ports: SiteReportPorts;
  readonly #rows: ReportRows;
  readonly #acknowledging: Acknowledging;
  #revision = 0;

  constructor(ports: SiteReportPorts) {
    const { core, model } = ports;
    this.#ports = ports;
    this.#rows = new ReportRows(core.clock);
    this.#acknowledging = new Acknowledging({ core, may: () => model().settings.hub.acknowledge });
  }

  get definitions(): unknown {
    return this.#ports.model();
  }

  *definitionPages(): Iterable<Page> {
    const { alarms } = this.#ports.model();
    for (let page = 0; page * PAGE_ROWS < alarms.length; page++) {
      const from = page * PAGE_ROWS;
      const rows = alarms.slice(from, from + PAGE_ROWS);
      const text = JSON.stringify(rows.map((alarm, i) => ({ number: from + i, ...this.#definition(alarm) })));
      yield { page, crc: crc32(text), text };
    }
  }

  rows(): Iterable<ReportRow> {
    const { core, status, model } = this.#ports;
    const { usedBytes, fill } = core.journal.health;
    return this.#rows.rows({
      status: status(),
      alarms: core.decisions.alarms(),
      acknowledge: model().settings.hub.acknowledge,
      bytesPerRow: fill.keptRows > 0 ? usedBytes / fill.keptRows : 0,
    });
  }

  nextRevision(): number {
    return ++this.#revision;
  }

  asked(asked: readonly AskedAcknowledgement[], answered: (answer: AnswerMessage) => void): void {
    this.#acknowledging.asked(asked, answered);
  }

  #definition(alarm: AlarmModel): object {
    const { id, asset, description, priority, consequence, response, when, deadband } = alarm;
    const { onDelayMs, offDelayMs, latched, suppressWhen, shelveMaxMin } = alarm;
    return {
      ...{ id, asset, description, priority, consequence, response, when, deadband },
      ...{ onDelayMs, offDelayMs, latched, suppressWhen, shelveMaxMin },
      reads: this.#ports.reads(id),
    };
  }
}
