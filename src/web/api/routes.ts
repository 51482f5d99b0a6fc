import { blockRoutes } from './blocks.ts';
import { boxRoutes } from './box.ts';
import { certificateRoutes } from './certificate.ts';
import { apiDocument } from './document.ts';
import { explainRoutes } from './explain.ts';
import { generationRoutes } from './generations.ts';
import { objectRoutes } from './objects.ts';
import { builtinRoutes, policyRoutes } from './policy.ts';
import type { Route } from './route.ts';
import { ruleRoutes } from './rules.ts';

/** Where the API begins. */
export const BASE = '/api/v1';

/** Every call of the API, in the order of the document. */
export const routes: Route[] = [
  ...policyRoutes,
  ...generationRoutes,
  ...explainRoutes,
  ...ruleRoutes,
  ...blockRoutes,
  ...objectRoutes,
  ...builtinRoutes,
  ...boxRoutes,
  ...certificateRoutes,
  {
    method: 'GET',
    path: '/openapi.json',
    tag: 'API',
    summary: 'This document',
    open: true,
    answer: { schema: 'Document', text: 'OpenAPI 3.1.' },
    run: async () => {
      document ??= apiDocument(routes, BASE);
      return { body: document };
    },
  },
];

let document: object | undefined;
