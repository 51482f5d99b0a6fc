import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import type { Agent } from '../agent/client.ts';
import { apiCalls } from './api/api.ts';
import { serveAssets } from './assets.ts';
import { noteTrial, renewConnections, renewForms } from './connection.ts';
import type { State, Web, WebParts } from './context.ts';
import { barPages } from './frame.ts';
import { makeKept } from './kept.ts';
import { refuseForgery } from './middleware/csrf.ts';
import { errorPages } from './middleware/errors.ts';
import { securityHeaders } from './middleware/headers.ts';
import { knownHost } from './middleware/host.ts';
import { requireLogin } from './middleware/session.ts';
import { accountPages } from './pages/account.ts';
import { apiPages } from './pages/api.ts';
import { blockPages } from './pages/blocks.ts';
import { botPages } from './pages/bot.ts';
import { botSettingsPages } from './pages/bot-settings.ts';
import { certificatePages } from './pages/certificate.ts';
import { dhcpPages } from './pages/dhcp.ts';
import { generationPages } from './pages/generations.ts';
import { groupPages } from './pages/groups.ts';
import { homePages } from './pages/home.ts';
import { importPages } from './pages/import.ts';
import { changesLogPages } from './pages/log-changes.ts';
import { firewallLogPages } from './pages/log-firewall.ts';
import { proxyLogPages } from './pages/log-proxy.ts';
import { loginPages } from './pages/login.ts';
import { networkPages } from './pages/network.ts';
import { objectDeletePages } from './pages/object-delete.ts';
import { objectFormPages } from './pages/object-forms.ts';
import { objectPages } from './pages/objects.ts';
import { pastePages } from './pages/paste.ts';
import { pickPages } from './pages/picks.ts';
import { proxyPages } from './pages/proxy.ts';
import { readyMadePages } from './pages/ready-made.ts';
import { ruleActionPages } from './pages/rule-actions.ts';
import { ruleFormPages } from './pages/rule-form.ts';
import { setupPages } from './pages/setup.ts';
import { sshPages } from './pages/ssh.ts';
import { systemPages } from './pages/system.ts';
import { timePages } from './pages/time.ts';
import { tokenPages } from './pages/tokens.ts';
import { trialPages } from './pages/trial.ts';
import { undoPages } from './pages/undo.ts';
import { userPages } from './pages/users.ts';
import { whyPages } from './pages/why.ts';
import { createRender } from './render.ts';
import { takeUpload } from './upload.ts';

/** The admin UI as a Koa app. It holds no state of its own: the agent and the logs do. */
export const createApp = (given: WebParts): Koa => {
  const parts: WebParts = { ...given, agent: noticing(given.agent) };
  const web: Web = { ...parts, render: createRender(parts.views, parts.assets), kept: makeKept() };
  const app = new Koa();
  app.silent = true;
  app.on('error', (error: unknown) => {
    // A browser that went away in mid-answer is no fault of ours, nor is one that speaks no HTTP: strangers must not fill the log.
    if (!broken(error)) parts.report('answering', error);
  });
  app.use(renewConnections);
  app.use(securityHeaders);
  app.use(apiCalls(parts));
  app.use(errorPages(web.render, parts.report));
  app.use(knownHost(parts.names));
  app.use(serveAssets(parts.assets));
  app.use(requireLogin(parts.agent));
  // Who is not logged in sends a login or the set-up: strangers must not fill the memory.
  const [small, large] = ['16kb', '4mb'].map((formLimit) => bodyParser({ enableTypes: ['form'], formLimit }));
  app.use((ctx, next) => ((ctx.state as State).session === undefined ? small : large)?.(ctx, next));
  app.use(takeUpload);
  app.use(renewForms);
  app.use(refuseForgery);
  const router = new Router();
  for (const add of pages) add(router, web);
  app.use(router.routes()).use(router.allowedMethods({ throw: true }));
  return app;
};

const pages = [
  barPages,
  setupPages,
  loginPages,
  homePages,
  networkPages,
  proxyPages,
  dhcpPages,
  timePages,
  sshPages,
  certificatePages,
  botPages,
  trialPages,
  ruleActionPages,
  undoPages,
  readyMadePages,
  botSettingsPages,
  ruleFormPages,
  objectPages,
  objectDeletePages,
  objectFormPages,
  pastePages,
  pickPages,
  whyPages,
  blockPages,
  groupPages,
  importPages,
  firewallLogPages,
  proxyLogPages,
  systemPages,
  generationPages,
  userPages,
  tokenPages,
  accountPages,
  changesLogPages,
  apiPages,
];

/** With a change on trial connections are renewed: the visitor who comes back shows that the new rules let him in. */
const noticing =
  (agent: Agent): Agent =>
  async (verb, ...rest) => {
    const answer = await agent(verb, ...rest);
    if ('onTrial' in answer && answer.onTrial) noteTrial();
    return answer;
  };

const broken = (error: unknown): boolean =>
  /^(?:ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+)$/.test((error as { code?: string }).code ?? '');
