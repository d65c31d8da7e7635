// The API reference: Scalar over the document of this server, nothing from elsewhere.
import '@scalar/api-reference/style.css';
import './styles/docs.css';
import { createApiReference } from '@scalar/api-reference';

createApiReference('#reference', {
  url: '/v1/openapi.json',
  theme: 'none',
  layout: 'modern',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  metaData: { title: 'Phony API reference' },
});
