import { AlarmRequest } from '#contract/api.ts';
import { AlarmsQuery, TagsQuery, TreeQuery } from './requests.ts';
import type { Route } from './route.ts';

export const TAG_ROUTES = {
  tags: {
    method: 'GET',
    path: '/api/tags',
    group: 'tags',
    summary: 'The newest value of each tag, in the order of paths',
    query: TagsQuery,
    reply: { list: 'TagValue' },
    paged: true,
  },
  tag: {
    method: 'GET',
    path: '/api/tags/{path}',
    group: 'tags',
    summary: 'One tag: its newest value and all that is known of it',
    reply: { json: 'TagDetail' },
    faults: ['tag.unknown'],
  },
  tagTree: {
    method: 'GET',
    path: '/api/tag-tree',
    group: 'tags',
    summary: 'Areas, lines, assets and signals below a place',
    query: TreeQuery,
    reply: { list: 'TreeNode' },
    tagged: true,
  },
  alarms: {
    method: 'GET',
    path: '/api/alarms',
    group: 'alarms',
    summary: 'Alarms with their states',
    query: AlarmsQuery,
    reply: { list: 'AlarmStatus' },
    tagged: true,
  },
  alarm: {
    method: 'GET',
    path: '/api/alarms/{alarm}',
    group: 'alarms',
    summary: 'One alarm',
    reply: { json: 'AlarmStatus' },
    faults: ['alarm.unknown'],
    tagged: true,
  },
  operateAlarm: {
    method: 'POST',
    path: '/api/alarms',
    group: 'alarms',
    summary: 'Acknowledge, shelve, unshelve, take out of service, return, reset or comment an alarm',
    about: 'It is in the audit before it is answered. Doing it twice means the same.',
    body: AlarmRequest,
    reply: { json: 'AlarmStatus' },
    faults: ['alarm.unknown', 'alarm.not-possible', 'alarm.shelved-too-long'],
  },
  rules: {
    method: 'GET',
    path: '/api/rules',
    group: 'alarms',
    summary: 'Rules with their states',
    reply: { list: 'RuleStatus' },
    tagged: true,
  },
} as const satisfies { readonly [id: string]: Route };
