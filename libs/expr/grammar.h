// The grammar of the segment language as PEGTL rules. Only parse.cc includes this file.
#pragma once

#include <tao/pegtl.hpp>

namespace dangol::expr::grammar {

namespace p = tao::pegtl;

struct ws : p::star<p::space> {};
struct word_begin
    : p::sor<p::ranges<'a', 'z', 'A', 'Z', '_'>, p::range<static_cast<char>(-128), -1>> {};
struct word_char : p::sor<word_begin, p::digit> {};

template <typename Text>
struct word : p::seq<Text, p::not_at<word_char>, ws> {};

struct kw_and : word<TAO_PEGTL_ISTRING("and")> {};
struct kw_or : word<TAO_PEGTL_ISTRING("or")> {};
struct kw_not : word<TAO_PEGTL_ISTRING("not")> {};
struct kw_in : word<TAO_PEGTL_ISTRING("in")> {};
struct kw_last : word<TAO_PEGTL_ISTRING("last")> {};
struct kw_ago : word<TAO_PEGTL_ISTRING("ago")> {};
struct kw_where : word<TAO_PEGTL_ISTRING("where")> {};
struct kw_between : word<TAO_PEGTL_ISTRING("between")> {};
struct kw_before : word<TAO_PEGTL_ISTRING("before")> {};
struct kw_after : word<TAO_PEGTL_ISTRING("after")> {};
struct kw_since : word<TAO_PEGTL_ISTRING("since")> {};
struct kw_on : word<TAO_PEGTL_ISTRING("on")> {};
struct kw_is : word<TAO_PEGTL_ISTRING("is")> {};
struct kw_known : word<TAO_PEGTL_ISTRING("known")> {};
struct kw_unknown : word<TAO_PEGTL_ISTRING("unknown")> {};
struct kw_true : p::seq<TAO_PEGTL_ISTRING("true"), p::not_at<word_char>> {};
struct kw_false : p::seq<TAO_PEGTL_ISTRING("false"), p::not_at<word_char>> {};

// `last`, `ago` and `known` stay usable as names: last(purchase) is a function.
struct reserved : p::sor<kw_and, kw_or, kw_not, kw_in, kw_where, kw_between, kw_before, kw_after,
                         kw_since, kw_on, kw_is, kw_true, kw_false> {};

struct open : p::seq<p::one<'('>, ws> {};
struct comma : p::seq<p::one<','>, ws> {};
struct dot : p::one<'.'> {};
struct close_group : p::seq<p::one<')'>, ws> {};
struct close_call : p::seq<p::one<')'>, ws> {};
struct close_list : p::seq<p::one<')'>, ws> {};

struct any_name : p::seq<word_begin, p::star<word_char>> {};
struct head : p::seq<p::not_at<reserved>, any_name> {};
struct unit : p::seq<p::not_at<reserved>, any_name> {};

struct escaped : p::one<'"', '\\'> {};
struct text_char : p::sor<p::if_must<p::one<'\\'>, escaped>, p::not_range<0, 31>> {};
struct close_quote : p::one<'"'> {};
struct text_body : p::star<p::not_at<p::one<'"'>>, text_char> {};
struct text : p::if_must<p::one<'"'>, text_body, close_quote> {};
struct text_token : p::seq<text, ws> {};

struct date : p::seq<p::rep<4, p::digit>, p::one<'-'>, p::rep<2, p::digit>, p::one<'-'>,
                     p::rep<2, p::digit>, p::not_at<word_char>> {};
struct date_token : p::seq<date, ws> {};
struct number
    : p::seq<p::opt<p::one<'-'>>, p::plus<p::digit>, p::opt<p::one<'.'>, p::plus<p::digit>>> {};
struct number_token : p::seq<number, ws> {};
struct unit_token : p::seq<unit, ws> {};
struct quantity : p::seq<number_token, p::opt<unit_token>> {};
struct boolean : p::sor<kw_true, kw_false> {};
struct boolean_token : p::seq<boolean, ws> {};
struct literal : p::sor<text_token, date_token, quantity, boolean_token> {};

struct expression;

struct part_name : any_name {};
struct part : p::sor<part_name, text> {};
struct path : p::star<p::if_must<dot, part>> {};

struct source_call : p::if_must<open, text_token, close_call> {};
struct source : p::seq<head, ws, p::opt<source_call>, path, ws> {};
struct where : p::if_must<kw_where, expression> {};
struct arguments : p::sor<p::seq<text_token, p::star<p::if_must<comma, text_token>>>,
                          p::seq<source, p::opt<where>>> {};
struct call : p::if_must<open, arguments, close_call> {};
struct term : p::seq<head, ws, p::opt<call>, path> {};

struct window_last : p::seq<kw_in, kw_last, p::must<number_token>, p::must<unit_token>> {};
struct window_ago : p::seq<kw_between, number_token, kw_and, number_token, unit_token, kw_ago> {};
struct window_days : p::seq<kw_between, date_token, kw_and, date_token> {};
struct window_before : p::if_must<kw_before, date_token> {};
struct window_after : p::if_must<kw_after, date_token> {};
struct window_since : p::if_must<kw_since, date_token> {};
struct window_on : p::if_must<kw_on, date_token> {};
struct window : p::sor<window_last, window_ago, window_days, window_before, window_after,
                       window_since, window_on> {};

struct op : p::sor<p::string<'!', '='>, p::string<'<', '>'>, p::string<'<', '='>,
                   p::string<'>', '='>, p::one<'=', '<', '>'>> {};
struct op_token : p::seq<op, ws> {};
struct compare : p::if_must<op_token, literal> {};
struct list_items
    : p::seq<open, p::must<literal>, p::star<p::if_must<comma, literal>>, p::must<close_list>> {};
struct in_list : p::if_must<kw_in, list_items> {};
struct not_in_list : p::if_must<kw_not, kw_in, list_items> {};
struct between : p::if_must<kw_between, literal, kw_and, literal> {};
struct known : kw_known {};
struct unknown : kw_unknown {};
struct known_or_unknown : p::sor<known, unknown> {};
struct is_known : p::if_must<kw_is, known_or_unknown> {};
struct test : p::sor<compare, in_list, not_in_list, between, is_known> {};

struct leaf : p::seq<term, ws, p::opt<window>, p::opt<test>> {};
struct group : p::if_must<open, expression, close_group> {};
struct primary : p::sor<group, leaf> {};
struct negation : kw_not {};
struct unary : p::seq<p::star<negation>, p::must<primary>> {};
struct conjunction : p::list<unary, kw_and> {};
struct expression : p::list<conjunction, kw_or> {};
struct finish : p::eof {};
struct whole : p::seq<ws, expression, p::must<finish>> {};

template <typename Rule>
inline constexpr const char* kMessage = nullptr;
template <>
inline constexpr const char* kMessage<primary> =
    "expected a condition, such as trait.city = \"Seoul\" or count(purchase) >= 3";
template <>
inline constexpr const char* kMessage<finish> = "expected AND, OR or the end";
template <>
inline constexpr const char* kMessage<expression> = "expected a condition";
template <>
inline constexpr const char* kMessage<close_group> = "expected AND, OR or \")\"";
template <>
inline constexpr const char* kMessage<close_call> = "expected \")\"";
template <>
inline constexpr const char* kMessage<close_list> = "expected \",\" or \")\"";
template <>
inline constexpr const char* kMessage<escaped> = "after \\ comes \" or \\";
template <>
inline constexpr const char* kMessage<text_body> = "expected a text";
template <>
inline constexpr const char* kMessage<close_quote> = "expected the closing \" of this text";
template <>
inline constexpr const char* kMessage<text_token> = "expected a text in double quotes";
template <>
inline constexpr const char* kMessage<date_token> = "expected a date, such as 2026-01-31";
template <>
inline constexpr const char* kMessage<number_token> = "expected a number";
template <>
inline constexpr const char* kMessage<unit_token> = "expected HOURS, DAYS, WEEKS or MONTHS";
template <>
inline constexpr const char* kMessage<literal> =
    "expected a value: a text in double quotes, a number, an amount such as 10000 KRW, a date, "
    "TRUE or FALSE";
template <>
inline constexpr const char* kMessage<part> = "expected a name after the dot";
template <>
inline constexpr const char* kMessage<arguments> =
    "expected a kind of activity, such as purchase, or a text in double quotes";
template <>
inline constexpr const char* kMessage<list_items> =
    "expected LAST or a list, such as (\"gold\", \"vip\")";
template <>
inline constexpr const char* kMessage<kw_in> = "expected IN";
template <>
inline constexpr const char* kMessage<kw_and> = "expected AND";
template <>
inline constexpr const char* kMessage<known_or_unknown> = "expected KNOWN or UNKNOWN";

struct Errors {
  template <typename Rule>
  static constexpr auto message = kMessage<Rule>;
  // Only where the grammar says must<>: the same rules may fail and be tried again elsewhere.
  template <typename Rule>
  static constexpr bool raise_on_failure = false;
};

template <typename Rule>
using Control = p::must_if<Errors>::control<Rule>;

}  // namespace dangol::expr::grammar
