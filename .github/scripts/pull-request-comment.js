// Puts the report of a pull request into one comment, updated in place. A stranger wrote the artifact that it reads:
// nothing of it is run, unpacked or read as Markdown.
'use strict';

const { execFileSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');

const MARKER = '<!-- logmart-pr-report -->';
const LARGEST_ARTIFACT = 1024 * 1024;
const LARGEST_REPORT = 512 * 1024;
const LONGEST_COMMENT = 60000;
// All that Unicode counts as no character to read (control, format, surrogates), but for line breaks and tabs.
const HIDDEN = /[^\P{C}\n\t]|[\u2028\u2029]/gu;

// Returns a text as one fenced block, in which Markdown reads no link, image, name, number or HTML: a block ends at a
// line of as many backticks as it began with, and no line of the text has as many.
function asText(text) {
  const readable = text.replace(HIDDEN, '');
  const longest = Math.max(2, ...(readable.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${readable}\n${fence}`;
}

// Returns the number and the report of an archive that holds these two and nothing else, each read up to a size.
function readArtifact(zip) {
  const unzip = (flag, members, maxBuffer) => execFileSync(
    'unzip', [flag, zip, ...members], { encoding: 'utf8', maxBuffer, stdio: ['ignore', 'pipe', 'ignore'] });
  const members = unzip('-Z1', [], 4096).trim().split('\n').sort().join(' ');
  if (members !== 'number report.txt') return { why: 'the artifact holds other files' };
  return { number: unzip('-p', ['number'], 16).trim(), report: unzip('-p', ['report.txt'], LARGEST_REPORT) };
}

async function comment({ github, context, core }) {
  const run = context.payload.workflow_run;
  const here = context.repo;
  const leave = (why) => core.warning(`No comment: ${why}.`);

  const artifacts = await github.paginate(
    github.rest.actions.listWorkflowRunArtifacts, { ...here, run_id: run.id, per_page: 100 });
  const artifact = artifacts.find(({ name }) => name === 'logmart-pr-report');
  if (!artifact) return leave('the run left no report');
  if (artifact.size_in_bytes > LARGEST_ARTIFACT) return leave('the artifact is too large');
  const download = await github.rest.actions.downloadArtifact(
    { ...here, artifact_id: artifact.id, archive_format: 'zip' });
  const zip = `${process.env.RUNNER_TEMP}/report.zip`;
  writeFileSync(zip, Buffer.from(download.data));
  let found;
  try {
    found = readArtifact(zip);
  } catch {
    return leave('the artifact cannot be read, or is too large');
  }
  if (found.why) return leave(found.why);
  if (!/^[1-9][0-9]{0,8}$/.test(found.number)) return leave('the number is none');
  if (!found.report.trim()) return leave('the report is empty');

  // The number is a stranger's word: the pull request must be of the commit and the repository of the run.
  const { data: pull } = await github.rest.pulls.get({ ...here, pull_number: Number(found.number) });
  if (pull.head.sha !== run.head_sha || pull.head.repo?.id !== run.head_repository.id)
    return leave('the run is not of the newest commit of that pull request');

  const head = `Report on ${run.head_sha.slice(0, 10)}, by [a run of the branch's own code](${run.html_url})`
    + (found.report.length > LONGEST_COMMENT ? ', which shows the rest.' : '.');
  // GitHub refuses a comment of more than 65,536 characters, and the two fences of a text of backticks are long.
  let body = `${MARKER}\n${head}\n\n${asText(found.report.slice(0, LONGEST_COMMENT).trimEnd())}\n`;
  if (body.length > LONGEST_COMMENT + 2000) body = `${MARKER}\n${head}\n\nThe report cannot be shown here.\n`;

  const comments = await github.paginate(
    github.rest.issues.listComments, { ...here, issue_number: pull.number, per_page: 100 });
  const ours = comments.find((one) =>
    one.user?.login === 'github-actions[bot]' && one.body?.startsWith(MARKER));
  if (ours) await github.rest.issues.updateComment({ ...here, comment_id: ours.id, body });
  else await github.rest.issues.createComment({ ...here, issue_number: pull.number, body });
}

module.exports = { asText, comment };
