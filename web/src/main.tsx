// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './shell/tokens.css';
import './shell/shell.css';
import './shell/parts.css';
import './shell/pages.css';
import * as products from './products';
import { App } from './shell/App';
import { register } from './shell/product';

register(Object.values(products));
render(<App />, document.getElementById('app')!);
