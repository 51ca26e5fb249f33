import { createPromoter, fileStore } from '@davit/core';
import { dockerRegistry } from '@davit/adapter-docker-registry';
import { sshCompose } from '@davit/adapter-ssh-compose';
import { httpProbe, testCommand } from '@davit/checks';

const production = {
  source: dockerRegistry(),
  target: dockerRegistry(),
  deployer: sshCompose({ hosts: ['deploy@web1.example.com'], project: { directory: '/srv/shop' } }),
  release: { web: { from: 'staging.example.com/shop/web', to: 'registry.example.com/shop/web' } },
  tests: testCommand('npm run test:staging'),
  checks: { maxSize: '1GB', signature: { off: 'images are not signed yet' } },
  endpoints: [httpProbe({ url: 'https://shop.example.com/healthz' })],
  approval: { off: 'every tested build goes live' },
};
const promoter = createPromoter({ store: fileStore({ directory: '.davit' }), environments: { production } });
const promotion = await promoter.promote({ environment: 'production', images: 'staging.example.com/shop/web:1.4.2' });
if (promotion.isErr()) throw new Error(promotion.error.message);
const report = await promotion.value.outcome();
console.log(report.isOk() ? `${report.value.outcome}: ${report.value.meaning}` : report.error.message);
