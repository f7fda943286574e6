import type { RuleStatus } from '#contract/client.ts';
import { count, duration } from '../../parts/format.ts';
import { Table } from '../../parts/table.tsx';
import { hashOf } from '../../shell/route.ts';
import { RuleState } from './rule-state.tsx';

/** Rules that only watch, each beside the one that it may replace. */
export function Shadows({ rules }: { readonly rules: readonly RuleStatus[] }) {
  const shadows = rules.filter(({ shadow }) => shadow);
  if (shadows.length === 0) return null;
  return (
    <section className="card" aria-label="Shadow rules">
      <h2>Shadow rules: they decide, and act on nothing</h2>
      <Table label="Table of shadow rules">
        <thead>
          <tr>
            <th scope="col">Shadow</th>
            <th scope="col">Now</th>
            <th scope="col">Instead of</th>
            <th scope="col">That one now</th>
            <th scope="col" className="number">
              Differed
            </th>
            <th scope="col" className="number">
              Would write
            </th>
            <th scope="col" className="number">
              Would send
            </th>
          </tr>
        </thead>
        <tbody>
          {shadows.map((rule) => (
            <Row key={rule.id} rule={rule} live={rules.find(({ id }) => id === rule.shadow?.insteadOf)} />
          ))}
        </tbody>
      </Table>
    </section>
  );
}

function Row({ rule, live }: { readonly rule: RuleStatus; readonly live: RuleStatus | undefined }) {
  const { shadow } = rule;
  if (!shadow) return null;
  return (
    <tr>
      <th scope="row">
        <RuleLink id={rule.id} />
      </th>
      <td>
        <RuleState state={rule.state} />
      </td>
      <td>{live ? <RuleLink id={live.id} /> : <span className="quiet">nothing</span>}</td>
      <td>{live && <RuleState state={live.state} />}</td>
      <td className="number">
        {live ? `${count(shadow.differences)}×, ${duration(shadow.differedMs)}` : '–'}
      </td>
      <td className="number">{count(shadow.wouldWrite)}</td>
      <td className="number">{count(shadow.wouldSend)}</td>
    </tr>
  );
}

export const RuleLink = ({ id }: { readonly id: string }) => (
  <a href={hashOf('decisions', `rule/${id}`)}>{id}</a>
);
