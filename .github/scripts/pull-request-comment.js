// Writes the report of a pull request into one comment, updated in place. The artifact that it reads is untrusted:
// no part of it is run, unpacked or rendered as Markdown.
'use strict';

const { execFileSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');

const MARKER = '<!-- logmart-pr-report -->';
const LARGEST_ARTIFACT = 1024 * 1024;
const LARGEST_REPORT = 512 * 1024;
const LONGEST_COMMENT = 60000;
// Characters that a reader does not see (control, format, surrogates), except line breaks and tabs.
const HIDDEN = /[^\P{C}\n\t]|[\u2028\u2029]/gu;

// Returns a text as one fenced block, so that Markdown renders no link, image, name, number or HTML in it. The block
// ends at a line with as many backticks as its first line; the fence is longer than any run of backticks in the text.
function asText(text) {
  const readable = text.replace(HIDDEN, '');
  const longest = Math.max(2, ...(readable.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${readable}\n${fence}`;
}

// Returns the number and the report from an archive that holds exactly these two files, each read up to a limit.
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
  if (!/^[1-9][0-9]{0,8}$/.test(found.number)) return leave('the number is not a number');
  if (!found.report.trim()) return leave('the report is empty');

  // The number is untrusted: the pull request must have the commit and the repository of the run.
  const { data: pull } = await github.rest.pulls.get({ ...here, pull_number: Number(found.number) });
  if (pull.head.sha !== run.head_sha || pull.head.repo?.id !== run.head_repository.id)
    return leave('the run is not of the newest commit of that pull request');

  const head = `Report on ${run.head_sha.slice(0, 10)}, by [a run of the branch's own code](${run.html_url})`
    + (found.report.length > LONGEST_COMMENT ? ', which shows the rest.' : '.');
  // GitHub refuses a comment of more than 65,536 characters, and a text full of backticks needs two long fences.
  let body = `${MARKER}\n${head}\n\n${asText(found.report.slice(0, LONGEST_COMMENT).trimEnd())}\n`;
  if (body.length > LONGEST_COMMENT + 2000) body = `${MARKER}\n${head}\n\nThe report cannot be shown here.\n`;

  const comments = await github.paginate(
    github.rest.issues.listComments, { ...here, issue_number: pull.number, per_page: 100 });
  const ours = comments.find((comment) =>
    comment.user?.login === 'github-actions[bot]' && comment.body?.startsWith(MARKER));
  if (ours) await github.rest.issues.updateComment({ ...here, comment_id: ours.id, body });
  else await github.rest.issues.createComment({ ...here, issue_number: pull.number, body });
}

module.exports = { asText, comment };
