#include "gui/window/session.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalBlocker>
#include <algorithm>
#include <array>
#include <cmath>

namespace limoe::gui {
namespace {

constexpr const char* kFormat = "limoe-scope-session";
constexpr int kVersion = 1;
/// Nobody types more; a file with more is not ours.
constexpr qsizetype kMostNames = 100'000;
constexpr qsizetype kLongestText = 1000;
constexpr double kLargestNumber = 1e15;
constexpr double kLeastZoom = 1e-4;
constexpr double kMostZoom = 1e4;

constexpr std::array kStyles = {"fill", "outline", "number"};
constexpr std::array kShades = {"none", "gate", "margin"};
constexpr std::array kColors = {"first choice", "second choice", "gate", "margin", "flips"};
constexpr std::array kModes = {"wall", "layers", "steps"};
constexpr std::array kOrders = {"recorded", "word", "expert share", "entropy", "dropped"};

template <std::size_t n, typename Value>
QString nameIn(const std::array<const char*, n>& names, Value value) {
  return QString::fromUtf8(names[static_cast<std::size_t>(value)]);
}

QJsonValue number(const std::optional<int64_t>& value) {
  return value ? QJsonValue(static_cast<qint64>(*value)) : QJsonValue();
}

QJsonObject filterJson(const TokenFilter& filter) {
  return {{"word", filter.word},
          {"label", number(filter.label)},
          {"expert", number(filter.expert)},
          {"dropped", filter.dropped},
          {"gate_below", filter.gate_below ? QJsonValue(*filter.gate_below) : QJsonValue()}};
}

QJsonObject wallJson(const WallPlace& wall) {
  QJsonObject json{{"columns", number(wall.columns)}};
  if (wall.zoom) {
    json["zoom"] = *wall.zoom;
    json["x"] = wall.middle.x();
    json["y"] = wall.middle.y();
  }
  return json;
}

/// Takes values out of an object, and notes those that make no sense.
class Reading {
 public:
  Reading(const QJsonObject& object, QStringList& bad) : object_(object), bad_(bad) {}

  void whole(const char* key, int64_t least, int64_t& value) {
    std::optional<int64_t> read;
    maybe(key, least, read);
    value = read.value_or(value);
  }

  /// null: none.
  void maybe(const char* key, int64_t least, std::optional<int64_t>& value) {
    const QJsonValue json = object_.value(QLatin1String(key));
    if (json.isUndefined() || json.isNull()) {
      return;
    }
    const double number = json.toDouble(NAN);
    if (std::isfinite(number) && number == std::floor(number) &&
        number >= static_cast<double>(least) && number < kLargestNumber) {
      value = static_cast<int64_t>(number);
    } else {
      bad_ << key;
    }
  }

  /// Between `least` and `most`.
  void real(const char* key, double least, double most, std::optional<double>& value) {
    const QJsonValue json = object_.value(QLatin1String(key));
    if (json.isUndefined() || json.isNull()) {
      return;
    }
    const double number = json.toDouble(NAN);
    if (number >= least && number <= most) {
      value = number;
    } else {
      bad_ << key;
    }
  }

  void fraction(const char* key, std::optional<double>& value) { real(key, 0, 1, value); }

  void flag(const char* key, bool& value) {
    const QJsonValue json = object_.value(QLatin1String(key));
    if (json.isBool()) {
      value = json.toBool();
    } else if (!json.isUndefined()) {
      bad_ << key;
    }
  }

  void text(const char* key, QString& value) {
    const QJsonValue json = object_.value(QLatin1String(key));
    if (json.isString() && json.toString().size() <= kLongestText) {
      value = json.toString();
    } else if (!json.isUndefined()) {
      bad_ << key;
    }
  }

  template <std::size_t n, typename Value>
  void name(const char* key, const std::array<const char*, n>& names, Value& value) {
    QString text;
    this->text(key, text);
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end()) {
      value = static_cast<Value>(found - names.begin());
    } else if (!text.isEmpty()) {
      bad_ << key;
    }
  }

  QJsonObject object(const char* key) {
    const QJsonValue json = object_.value(QLatin1String(key));
    if (!json.isObject() && !json.isUndefined() && !json.isNull()) {
      bad_ << key;
    }
    return json.toObject();
  }

  QJsonArray array(const char* key) {
    const QJsonValue json = object_.value(QLatin1String(key));
    if ((!json.isArray() && !json.isUndefined()) || json.toArray().size() > kMostNames) {
      bad_ << key;
      return {};
    }
    return json.toArray();
  }

  void noteBad(const char* key) { bad_ << key; }

 private:
  const QJsonObject object_;
  QStringList& bad_;
};

void readNames(Reading& reading, QStringList& bad, Session& session) {
  for (const QJsonValue entry : reading.array("expert_names")) {
    Reading name(entry.toObject(), bad);
    int64_t layer = 0;
    int64_t expert = -1;
    QString text;
    name.whole("layer", 1, layer);
    name.whole("expert", 0, expert);
    name.text("name", text);
    if (layer > 0 && expert >= 0 && !text.trimmed().isEmpty()) {
      session.expert_names[{layer - 1, expert}] = text.trimmed();
    } else {
      reading.noteBad("expert_names");
    }
  }
}

void readSelection(Reading& reading, QStringList& bad, Session& session) {
  reading.maybe("selected_expert", 0, session.selected_expert);
  const QJsonObject token = reading.object("selected_token");
  if (!token.isEmpty()) {
    Reading parts(token, bad);
    std::optional<int64_t> sample, position;
    QString modality;
    parts.maybe("sample", 0, sample);
    parts.maybe("position", 0, position);
    parts.text("modality", modality);
    if (sample && position && (modality == "image" || modality == "text")) {
      session.selected_token =
          TokenRef{*sample, modality == "image" ? probe::kImage : probe::kText, *position};
    } else {
      reading.noteBad("selected_token");
    }
  }
  for (const QJsonValue expert : reading.array("hidden_experts")) {
    const double value = expert.toDouble(-1);
    if (value >= 0 && value < kLargestNumber && value == std::floor(value)) {
      session.hidden.insert(static_cast<int64_t>(value));
    } else {
      reading.noteBad("hidden_experts");
    }
  }
  reading.maybe("solo_expert", 0, session.solo);
}

void readFilter(Reading& reading, QStringList& bad, Session& session) {
  Reading filter(reading.object("filter"), bad);
  filter.text("word", session.filter.word);
  filter.maybe("label", 0, session.filter.label);
  filter.maybe("expert", 0, session.filter.expert);
  filter.flag("dropped", session.filter.dropped);
  filter.fraction("gate_below", session.filter.gate_below);
}

void readWall(Reading& reading, QStringList& bad, Session& session) {
  Reading wall(reading.object("wall"), bad);
  std::optional<double> zoom, x, y;
  wall.maybe("columns", 1, session.wall.columns);
  wall.real("zoom", kLeastZoom, kMostZoom, zoom);
  wall.real("x", -kLargestNumber, kLargestNumber, x);
  wall.real("y", -kLargestNumber, kLargestNumber, y);
  if (zoom && x && y) {
    session.wall.zoom = zoom;
    session.wall.middle = {*x, *y};
  }
}

Session readSession(const QJsonObject& object, QStringList& bad) {
  Session session;
  Reading reading(object, bad);
  readNames(reading, bad, session);
  reading.maybe("step", 0, session.step);
  int64_t layer = 1;
  reading.whole("layer", 1, layer);
  session.layer = layer - 1;
  readSelection(reading, bad, session);
  reading.name("overlay_style", kStyles, session.overlay_style);
  reading.name("overlay_shade", kShades, session.overlay_shade);
  reading.name("overlay_color", kColors, session.overlay_color);
  reading.flag("overlay_visible", session.overlay_visible);
  std::optional<double> opacity;
  reading.fraction("opacity", opacity);
  session.opacity = opacity.value_or(session.opacity);
  reading.name("canvas_mode", kModes, session.canvas_mode);
  reading.whole("shown_sample", 0, session.shown_sample);
  reading.name("wall_order", kOrders, session.wall_order);
  reading.text("order_word", session.order_word);
  readWall(reading, bad, session);
  readFilter(reading, bad, session);
  const QJsonValue layout = object.value("layout");
  if (layout.isString()) {
    session.layout = QByteArray::fromBase64(layout.toString().toLatin1());
  }
  return session;
}

}  // namespace

void takeLook(const Session& from, Session& to) {
  to.layer = from.layer;
  to.selected_expert = from.selected_expert;
  to.overlay_style = from.overlay_style;
  to.overlay_shade = from.overlay_shade;
  to.overlay_color = from.overlay_color;
  to.overlay_visible = from.overlay_visible;
  to.opacity = from.opacity;
  to.canvas_mode = from.canvas_mode;
  to.wall_order = from.wall_order;
  to.order_word = from.order_word;
  to.hidden = from.hidden;
  to.solo = from.solo;
}

Session sessionOf(const ViewState& state, const RunData& run) {
  Session session;
  session.expert_names = state.expertNames();
  const auto shown = state.snapshot();
  if (!state.followsNewest() && shown >= 0 && shown < std::ssize(run.snapshot_steps)) {
    session.step = run.snapshot_steps[static_cast<std::size_t>(shown)];
  }
  session.layer = state.layer();
  session.selected_expert = state.selectedExpert();
  session.selected_token = state.selectedToken();
  session.overlay_style = state.overlayStyle();
  session.overlay_shade = state.overlayShade();
  session.overlay_color = state.overlayColor();
  session.overlay_visible = state.overlayVisible();
  session.opacity = state.opacity();
  session.canvas_mode = state.canvasMode();
  session.shown_sample = state.shownSample();
  session.wall_order = state.wallOrder();
  session.order_word = state.orderWord();
  session.filter = state.filter();
  session.hidden = state.hiddenExperts();
  session.solo = state.soloExpert();
  return session;
}

namespace {

/// The snapshot of a step, or the nearest one; −1 where there is none.
int64_t snapshotOf(const RunData& run, int64_t step) {
  const auto& steps = run.snapshot_steps;
  const auto nearest = std::min_element(steps.begin(), steps.end(), [step](auto a, auto b) {
    return std::abs(a - step) < std::abs(b - step);
  });
  return steps.empty() ? -1 : nearest - steps.begin();
}

/// Takes out of `session` what the run does not have (any more), and says so.
QStringList fitToRun(Session& session, const RunData& run) {
  const probe::Layout& layout = run.layout;
  QStringList gone;
  const auto drop = [&gone](std::optional<int64_t>& value, int64_t count, const QString& what) {
    if (value && *value >= count) {
      gone << QString("%1 %2").arg(what).arg(*value);
      value.reset();
    }
  };
  if (session.layer >= std::max<int64_t>(layout.layers, 1)) {
    gone << QString("MoE layer %1").arg(session.layer + 1);
    session.layer = 0;
  }
  const int64_t experts = layout.layers > 0 ? layout.experts : 0;
  drop(session.selected_expert, experts, "expert");
  drop(session.solo, experts, "expert");
  drop(session.filter.expert, experts, "expert");
  drop(session.filter.label, std::ssize(layout.label_names), "label");
  std::erase_if(session.hidden, [experts](int64_t expert) { return expert >= experts; });
  if (session.selected_token) {
    const TokenRef token = *session.selected_token;
    const int64_t places = token.modality == probe::kImage ? layout.patches() : layout.text_length;
    if (token.sample >= layout.samples || token.position >= places) {
      gone << QString("sample %1").arg(token.sample);
      session.selected_token.reset();
    }
  }
  if (session.shown_sample >= std::max<int64_t>(layout.samples, 1)) {
    session.shown_sample = 0;
  }
  if (session.overlay_color == OverlayColor::SecondChoice && layout.top_k < 2) {
    session.overlay_color = OverlayColor::FirstChoice;
  }
  if (session.step &&
      !std::binary_search(run.snapshot_steps.begin(), run.snapshot_steps.end(), *session.step)) {
    gone << QString("step %1").arg(*session.step);
    const int64_t nearest = snapshotOf(run, *session.step);
    session.step = nearest < 0
                       ? std::nullopt
                       : std::optional(run.snapshot_steps[static_cast<std::size_t>(nearest)]);
  }
  gone.removeDuplicates();
  return gone;
}

}  // namespace

QStringList applySession(const Session& wanted, const RunData& run, ViewState& state) {
  Session session = wanted;
  const QStringList gone = fitToRun(session, run);
  {
    const QSignalBlocker once(&state);
    state.setExpertNames(session.expert_names);
    if (session.step) {
      state.setSnapshot(snapshotOf(run, *session.step));
    }
    state.setLayer(session.layer);
    state.clearSelection();
    if (session.selected_expert) {
      state.toggleSelectedExpert(*session.selected_expert);
    }
    state.setSelectedToken(session.selected_token);
    state.setOverlayStyle(session.overlay_style);
    state.setOverlayShade(session.overlay_shade);
    state.setOverlayColor(session.overlay_color);
    state.setOverlayVisible(session.overlay_visible);
    state.setOpacity(session.opacity);
    state.setCanvasMode(session.canvas_mode);
    state.setShownSample(session.shown_sample);
    state.setWallOrder(session.wall_order, session.order_word);
    state.setFilter(session.filter);
    state.showAllExperts();
    for (const int64_t expert : session.hidden) {
      state.toggleHidden(expert);
    }
    if (session.solo) {
      state.toggleSolo(*session.solo);
    }
  }
  Q_EMIT state.changed();
  return gone;
}

QByteArray toJson(const Session& session) {
  QJsonArray names;
  for (const auto& [place, name] : session.expert_names) {
    names.append(QJsonObject{{"layer", static_cast<qint64>(place.first + 1)},
                             {"expert", static_cast<qint64>(place.second)},
                             {"name", name}});
  }
  QJsonArray hidden;
  for (const int64_t expert : session.hidden) {
    hidden.append(static_cast<qint64>(expert));
  }
  QJsonValue token;
  if (session.selected_token) {
    const bool image = session.selected_token->modality == probe::kImage;
    token = QJsonObject{{"sample", static_cast<qint64>(session.selected_token->sample)},
                        {"modality", image ? "image" : "text"},
                        {"position", static_cast<qint64>(session.selected_token->position)}};
  }
  const QJsonObject object{{"format", kFormat},
                           {"version", kVersion},
                           {"expert_names", names},
                           {"step", number(session.step)},
                           {"layer", static_cast<qint64>(session.layer + 1)},
                           {"selected_expert", number(session.selected_expert)},
                           {"selected_token", token},
                           {"overlay_style", nameIn(kStyles, session.overlay_style)},
                           {"overlay_shade", nameIn(kShades, session.overlay_shade)},
                           {"overlay_color", nameIn(kColors, session.overlay_color)},
                           {"overlay_visible", session.overlay_visible},
                           {"opacity", session.opacity},
                           {"canvas_mode", nameIn(kModes, session.canvas_mode)},
                           {"shown_sample", static_cast<qint64>(session.shown_sample)},
                           {"wall_order", nameIn(kOrders, session.wall_order)},
                           {"order_word", session.order_word},
                           {"wall", wallJson(session.wall)},
                           {"filter", filterJson(session.filter)},
                           {"hidden_experts", hidden},
                           {"solo_expert", number(session.solo)},
                           {"layout", QString::fromLatin1(session.layout.toBase64())}};
  return QJsonDocument(object).toJson();
}

ReadSession sessionFromJson(const QByteArray& json) {
  QJsonParseError error;
  const QJsonDocument document = QJsonDocument::fromJson(json, &error);
  if (error.error != QJsonParseError::NoError) {
    return {std::nullopt,
            QString("it is damaged (%1 at byte %2)").arg(error.errorString()).arg(error.offset)};
  }
  const QJsonObject object = document.object();
  if (object.value("format").toString() != kFormat) {
    return {std::nullopt, "it is not a session of limoe-scope"};
  }
  const int version = object.value("version").toInt(0);
  if (version > kVersion) {
    return {std::nullopt, QString("a newer limoe-scope wrote it (version %1, this one reads %2)")
                              .arg(version)
                              .arg(kVersion)};
  }
  QStringList bad;
  ReadSession read;
  read.session = readSession(object, bad);
  bad.removeDuplicates();
  if (!bad.isEmpty()) {
    read.fault = QString("these values make no sense and were left out: %1").arg(bad.join(", "));
  }
  return read;
}

ExpertNames mergedNames(const ExpertNames& base, const ExpertNames& ours,
                        const ExpertNames& theirs) {
  const auto in = [](const ExpertNames& names, const auto& place) {
    const auto found = names.find(place);
    return found == names.end() ? QString() : found->second;
  };
  ExpertNames merged = ours;
  const auto take = [&](const auto& place) {
    if (in(ours, place) == in(base, place) && in(theirs, place) != in(base, place)) {
      merged[place] = in(theirs, place);
    }
  };
  for (const auto& [place, name] : theirs) {
    take(place);
  }
  for (const auto& [place, name] : base) {
    take(place);
  }
  std::erase_if(merged, [](const auto& entry) { return entry.second.isEmpty(); });
  return merged;
}

}  // namespace limoe::gui
