/**
 * Bodies that senders of Slack's format send, as their source makes them of the data of their own
 * tests.
 *
 * @module
 */

/** A request of a sender. */
export interface Body {
  readonly contentType: string;
  readonly body: string;
}

const JSON_TYPE = "application/json";

/**
 * Grafana, `receivers/slack/v1/slack.go` of github.com/grafana/alerting, createSlackMessage(), with its
 * default templates; a channel, a group and a user are mentioned.
 */
const GRAFANA: Body = {
  contentType: "application/json; charset=utf-8",
  body: String
    .raw`{"channel":"#test","username":"Grafana","icon_emoji":":emoji:","attachments":[{"title":"[FIRING:1]  (val1)","title_link":"http://localhost/alerting/list","text":"**Firing**\n\nValue: [no value]\nLabels:\n - alertname = alert1\n - lbl1 = val1\nAnnotations:\n - ann1 = annv1\nSilence: http://localhost/alerting/silence/new?alertmanager=grafana\u0026matcher=alertname%3Dalert1\u0026matcher=lbl1%3Dval1\nDashboard: http://localhost/d/abcd\nPanel: http://localhost/d/abcd?viewPanel=efgh\n","image_url":"https://www.example.com/test.png","fallback":"[FIRING:1]  (val1)","footer":"Grafana v11.4.0","footer_icon":"https://grafana.com/static/assets/img/fav32.png","color":"#D63232","ts":1732734000,"pretext":"\u003c!here|here\u003e \u003c!subteam^group1\u003e \u003c@user1\u003e","mrkdwn_in":["pretext"]}]}`,
};

/**
 * Alertmanager, `notify/slack/slack.go` and `template/default.tmpl` of github.com/prometheus/alertmanager,
 * with two fields and an action of a configuration; encoding/json ends the body with a line break.
 */
const ALERTMANAGER: Body = {
  contentType: JSON_TYPE,
  body: String
    .raw`{"channel":"#alerts","username":"Alertmanager","attachments":[{"title":"[FIRING:1] InstanceDown (node \u003cdb-1:9100\u003e \u0026 critical)","title_link":"http://alertmanager.example:9093/#/alerts?receiver=team-X","text":"db-1 of *node* has been down for 5 minutes \u0026gt; 3","fallback":"[FIRING:1] InstanceDown | http://alertmanager.example:9093/#/alerts?receiver=team-X","callback_id":"","fields":[{"title":"Severity","value":"critical","short":true},{"title":"Runbook","value":"\u003chttps://runbooks.example/InstanceDown?a=1\u0026amp;b=2|How to restart\u003e","short":false}],"actions":[{"type":"button","text":"Silence :no_bell:","url":"http://alertmanager.example:9093/#/silences/new?filter=%7Balertname%3D%22InstanceDown%22%7D"}],"footer":"","color":"danger","mrkdwn_in":["fallback","pretext","text"]}]}
`,
};

/**
 * GitLab, `app/models/integrations/chat_message/pipeline_message.rb` of gitlab.com/gitlab-org/gitlab with
 * the data of its spec, posted as a form by `slack_mattermost_notifier.rb`.
 */
const GITLAB: Body = {
  contentType: "application/x-www-form-urlencoded",
  body: new URLSearchParams({
    payload: JSON.stringify({
      channel: ["#builds"],
      username: "GitLab",
      attachments: [{
        fallback: "<http://example.gitlab.com|project_name>: Pipeline " +
          "<http://example.gitlab.com/-/pipelines/123/failures|#123> of branch " +
          "<http://example.gitlab.com/-/commits/develop|develop> by The Hacker (hacker) has failed " +
          "in 02:00:10",
        color: "danger",
        author_name: "The Hacker (hacker)",
        author_icon: "http://example.com/avatar",
        author_link: "http://example.gitlab.com/hacker",
        title: "Pipeline #123 has failed in 02:00:10",
        title_link: "http://example.gitlab.com/-/pipelines/123/failures",
        fields: [
          {
            title: "Branch",
            value: "<http://example.gitlab.com/-/commits/develop|develop>",
            short: true,
          },
          {
            title: "Commit",
            value: "<http://example.com/commit|A test commit message>",
            short: true,
          },
          {
            title: "Failed stage",
            value: "<http://example.gitlab.com/-/pipelines/123/failures|test>",
            short: true,
          },
          {
            title: "Failed job",
            value: "<http://example.gitlab.com/-/jobs/1|rspec>",
            short: true,
          },
          { title: "Pipeline name", value: "Build pipeline", short: false },
        ],
        footer: "project_name",
        footer_icon: "http://example.com/project_avatar",
        ts: 1558968996,
        text: null,
      }],
      fallback: "<http://example.gitlab.com|project_name>: Pipeline " +
        "<http://example.gitlab.com/-/pipelines/123/failures|#123> has failed in 02:00:10",
      text: "",
    }),
  }).toString(),
};

/**
 * Gitea, `services/webhook/slack.go` of github.com/go-gitea/gitea, a branch that was created: Create(),
 * which has no attachments; the body is indented.
 */
const GITEA: Body = {
  contentType: JSON_TYPE,
  body: String.raw`{
  "channel": "#commits",
  "text": "[\u003chttp://localhost:3000/test/repo|test/repo\u003e:\u003chttp://localhost:3000/test/repo/src/branch/r\u0026amp;d|r\u0026amp;d\u003e] branch created by user1",
  "username": "Gitea",
  "icon_url": "",
  "unfurl_links": 0,
  "link_names": 0,
  "attachments": null
}`,
};

/** Gitea, a push of two commits: Push() of the same file. */
const GITEA_PUSH: Body = {
  contentType: JSON_TYPE,
  body: String.raw`{
  "channel": "#commits",
  "text": "[\u003chttp://localhost:3000/test/repo|test/repo\u003e:\u003chttp://localhost:3000/test/repo/src/branch/test|test\u003e] \u003chttp://localhost:3000/test/repo/compare/2020558fe2...2020558fe3|2 new commits\u003e pushed by user1",
  "username": "Gitea",
  "icon_url": "",
  "unfurl_links": 0,
  "link_names": 0,
  "attachments": [
    {
      "fallback": "",
      "color": "#1f69ff",
      "title": "http://localhost:3000/test/repo",
      "title_link": "http://localhost:3000/test/repo",
      "text": "\u003chttp://localhost:3000/test/repo/commit/2020558fe2e34debb818a514715839cabd25e778|2020558\u003e: commit message - user1\n\u003chttp://localhost:3000/test/repo/commit/2020558fe2e34debb818a514715839cabd25e778|2020558\u003e: fix a \u0026lt; b \u0026amp;\u0026amp; c - user1"
    }
  ]
}`,
};

/**
 * Uptime Kuma, `server/notification-providers/slack.js` of github.com/louislam/uptime-kuma, with rich
 * messages and the mention of the channel.
 */
const UPTIME_KUMA: Body = {
  contentType: JSON_TYPE,
  body: JSON.stringify({
    text: "[Website] [🔴 Down] timeout of 48000ms exceeded <!channel>",
    channel: "#uptime",
    username: "Uptime Kuma",
    icon_emoji: ":bear:",
    attachments: [{
      color: "#e01e5a",
      blocks: [
        { type: "header", text: { type: "plain_text", text: "Uptime Kuma Alert" } },
        {
          type: "section",
          fields: [
            {
              type: "mrkdwn",
              text: "*Message*\n[Website] [🔴 Down] timeout of 48000ms exceeded <!channel>",
            },
            { type: "mrkdwn", text: "*Time (Europe/Berlin)*\n2026-11-28 03:07:07" },
          ],
        },
        {
          type: "actions",
          elements: [
            {
              type: "button",
              text: { type: "plain_text", text: "Visit Uptime Kuma" },
              value: "Uptime-Kuma",
              url: "https://status.example/dashboard/1",
            },
            {
              type: "button",
              text: { type: "plain_text", text: "Visit site" },
              value: "Site",
              url: "https://www.example/",
            },
          ],
        },
      ],
    }],
  }),
};

/** A body of each sender, and a second one of Gitea's, by their names. */
export const BODIES = { GRAFANA, ALERTMANAGER, GITLAB, GITEA, GITEA_PUSH, UPTIME_KUMA } as const;
