#include "services/response/report/html.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "dangol/response/v1/response_service.pb.h"
#include "libs/base/calendar.h"
#include "services/response/report/sections.h"
#include "services/response/report/style.h"
#include "services/response/report/svg.h"
#include "services/response/report/text.h"

namespace dangol::response {
namespace {

constexpr int kHeadlines = 4;

std::string WindowInWords(Micros window) {
  if (window % kMicrosPerDay != 0) return FormatDuration(window);
  const int64_t days = window / kMicrosPerDay;
  return absl::StrCat(days, days == 1 ? " day" : " days");
}

std::string Fact(const std::string& term, const std::string& value) {
  return absl::StrCat("<div><dt>", term, "</dt><dd>", value, "</dd></div>\n");
}

std::string Header(const v1::Report& report, const std::string& title) {
  const std::string when = absl::FormatTime(
      "%-d %B %Y, %H:%M UTC", absl::FromUnixMicros(report.as_of_time_us()), absl::UTCTimeZone());
  std::string out = absl::StrCat("<header>\n<h1>", Escape(title), "</h1>\n<p class=\"soft\">");
  if (!report.objective().empty()) absl::StrAppend(&out, Escape(report.objective()), "<br>");
  absl::StrAppend(
      &out, "Campaign ", Escape(report.campaign()), ", ",
      report.wave().empty() ? "all waves" : absl::StrCat("wave ", Escape(report.wave())), " · ",
      Escape(report.business_unit()), " · as of ", when, "</p>\n</header>\n");
  return out;
}

bool IsControl(const v1::AudienceReport& audience, const std::string& name) {
  for (const auto& cell : audience.cells()) {
    if (cell.cell() == name) return cell.is_control();
  }
  return false;
}

// The primary metric of each comparison, in plain words.
std::string Hero(const v1::Report& report) {
  std::string sentences;
  int shown = 0, all = 0;
  for (const auto& audience : report.audiences()) {
    for (const auto& comparison : audience.comparisons()) {
      if (comparison.lifts().empty() || ++all > kHeadlines) continue;
      ++shown;
      absl::StrAppend(&sentences, "<p>",
                      HeadlineSentence(report, comparison.lifts(0), comparison.cell(),
                                       comparison.baseline_cell(),
                                       IsControl(audience, comparison.baseline_cell())),
                      "</p>\n");
    }
  }
  if (all > shown)
    absl::StrAppend(&sentences, "<p>", all - shown, " more comparisons below.</p>\n");
  if (sentences.empty()) sentences = "<p>Nothing to compare: no cell was held out.</p>\n";
  return absl::StrCat("<div class=\"hero\">\n", sentences, "</div>\n");
}

std::string Facts(const v1::Report& report) {
  int64_t held_out = 0;
  for (const auto& audience : report.audiences()) {
    for (const auto& cell : audience.cells()) {
      if (cell.is_control()) held_out += cell.customers();
    }
  }
  return absl::StrCat("<dl class=\"facts\">\n",
                      Fact("Contacts measured", Count(report.customers_measured() - held_out)),
                      Fact("Held out", Count(held_out)),
                      Fact("Response window", WindowInWords(report.response_window_us())),
                      Fact("Campaign state", Escape(absl::AsciiStrToLower(report.state()))),
                      "</dl>\n");
}

std::string OpenWindows(const v1::Report& report) {
  if (report.open_windows() == 0) return "";
  return absl::StrCat("<div class=\"note-box warn\"><b>⏳ Not final.</b> The windows of ",
                      Count(report.open_windows()),
                      " contacts are still open: these numbers will change.</div>\n");
}

std::string Waterfall(const v1::RenderReportRequest& request) {
  std::vector<Bar> bars;
  for (const auto& step : request.waterfall()) bars.push_back({step.label(), step.count()});
  if (bars.empty()) return "";
  return absl::StrCat(
      "<section aria-labelledby=\"waterfall\">\n<h2 id=\"waterfall\">From selected to "
      "delivered</h2>\n"
      "<div class=\"scroll\">",
      WaterfallChart("w", bars),
      "</div>\n<p class=\"soft small\">Each bar with its number, and its share of the first "
      "bar.</p>\n</section>\n");
}

std::string Offers(const v1::Report& report) {
  if (report.offers().empty()) return "";
  std::string out =
      "<section aria-labelledby=\"offers\">\n<h2 id=\"offers\">Offers</h2>\n<div "
      "class=\"scroll\"><table><caption>Customers for whom the offer was chosen, and how many of "
      "them bought in the window. Held-out customers were given nothing; their row says who would "
      "have had the offer.</caption><thead><tr><th scope=\"col\">Offer</th><th "
      "scope=\"col\">Audience</th><th scope=\"col\">Cell</th><th scope=\"col\">Contacts</th><th "
      "scope=\"col\">Bought</th><th scope=\"col\">Share</th></tr></thead><tbody>\n";
  for (const auto& offer : report.offers()) {
    absl::StrAppend(&out, "<tr><th scope=\"row\">", Escape(offer.offer()), "</th><td>",
                    Escape(offer.audience()), "</td><td>", Escape(offer.cell()), "</td><td>",
                    Count(offer.contacts()), "</td><td>", Count(offer.purchasers()), "</td><td>",
                    offer.contacts() > 0 ? Percent(static_cast<double>(offer.purchasers()) /
                                                   static_cast<double>(offer.contacts()))
                                         : "–",
                    "</td></tr>\n");
  }
  return out + "</tbody></table></div>\n</section>\n";
}

std::string Method(const v1::Report& report) {
  return absl::StrCat(
      "<section aria-labelledby=\"method\">\n<h2 id=\"method\">How to read this</h2>\n"
      "<p>Some customers are held out by chance before anything is sent. They show what would have "
      "happened anyway; only what the contacted customers did <em>beyond</em> that is owed to the "
      "campaign. A held-out customer is recorded at the moment when it would have been contacted, "
      "after the same checks, so both groups differ in nothing but the contact.</p>\n"
      "<p>The interval is where the true difference plausibly lies: of 100 such intervals, about ",
      absl::StrFormat("%g", report.confidence() * 100),
      " contain it. If it spans zero, chance alone may explain the difference. With many "
      "comparisons on one page, expect one to look real by luck now and then.</p>\n"
      "<ul class=\"small soft\">\n"
      "<li>Counted: activities within ",
      WindowInWords(report.response_window_us()),
      " after the contact. Later ones are shown as late and change nothing. Returned goods come "
      "off when order and return both lie inside the window.</li>\n"
      "<li>Customers measured are contacts made and held-out twins; one whose send failed before "
      "the first byte is neither. One customer contacted twice counts twice.</li>\n"
      "<li>Shares: difference of two proportions with the unpooled Wald interval; p from the "
      "pooled z test. Numbers and money per customer: Welch’s t interval and test, with "
      "Satterthwaite’s degrees of freedom.</li>\n"
      "<li>Cell sizes: Pearson’s chi-square against the assigned shares; below p = 0.001 the "
      "comparison is called off.</li>\n"
      "<li>Contribution a head = margin × difference in sales a head − cost of a contact; return = "
      "contribution of all contacted ÷ their cost. The gross rule asks whether margin × all sales "
      "a contacted head covers the cost.</li>\n"
      "<li>All sums are exact integers in minor units.</li>\n</ul>\n</section>\n");
}

}  // namespace

std::string RenderHtml(const v1::Report& report, const v1::RenderReportRequest& request) {
  const std::string title = !request.title().empty()         ? request.title()
                            : !report.display_name().empty() ? report.display_name()
                                                             : report.campaign();
  std::string out = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      Escape(title), "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<main>\n");
  absl::StrAppend(&out, Header(report, title), Hero(report), OpenWindows(report), Facts(report),
                  Waterfall(request));
  for (int i = 0; i < report.audiences_size(); ++i) {
    out += AudienceSection(report, report.audiences(i), request, i);
  }
  absl::StrAppend(&out, Offers(report), Method(report), "</main>\n</body>\n</html>\n");
  return out;
}

}  // namespace dangol::response
