import { DetectorsQuery } from './requests.ts';
import type { Route } from './route.ts';

export const DETECTOR_ROUTES = {
  detectors: {
    method: 'GET',
    path: '/api/detectors',
    group: 'detectors',
    role: 'viewer',
    area: 'filtered',
    summary: 'Detectors: what they see now, what they learned from, how often they were right',
    query: DetectorsQuery,
    reply: { list: 'DetectorStatus' },
  },
  detector: {
    method: 'GET',
    path: '/api/detectors/{detector}',
    group: 'detectors',
    role: 'viewer',
    area: { in: 'params', field: 'detector' },
    summary: 'One detector',
    reply: { json: 'DetectorStatus' },
    faults: ['detector.unknown'],
  },
} as const satisfies { readonly [id: string]: Route };
