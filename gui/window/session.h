// What a user has made of a run's view: kept as session.json in the run's folder, given back when
// the run is opened again.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "gui/canvas/wall_place.h"
#include "gui/view/run_source.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

using ExpertNames = std::map<std::pair<int64_t, int64_t>, QString>;

struct Session {
  ExpertNames expert_names;
  std::optional<int64_t> step;  ///< optimiser step of the snapshot; none: the newest is followed
  int64_t layer = 0;            ///< from 0; in the file from 1, as everywhere on the screen
  std::optional<int64_t> selected_expert;
  std::optional<TokenRef> selected_token;
  OverlayStyle overlay_style = OverlayStyle::Fill;
  OverlayShade overlay_shade = OverlayShade::None;
  OverlayColor overlay_color = OverlayColor::FirstChoice;
  bool overlay_visible = true;
  double opacity = 0.6;
  CanvasMode canvas_mode = CanvasMode::Wall;
  int64_t shown_sample = 0;
  WallOrder wall_order = WallOrder::Recorded;
  QString order_word;
  WallPlace wall;  ///< part of the wall that is looked at
  TokenFilter filter;
  std::set<int64_t> hidden;
  std::optional<int64_t> solo;
  QByteArray layout;  ///< QMainWindow::saveState(); empty: not kept

  bool operator==(const Session&) const = default;
};

Session sessionOf(const ViewState& state, const RunData& run);
/// Sets the view, with one changed(). Returns what of the session the run no longer has, in words.
QStringList applySession(const Session& session, const RunData& run, ViewState& state);

/// What the user has chosen for a model, whatever images it routes: layer, expert, colours, mode
/// and order. From the view of a run to that of the user's own images, and back.
void takeLook(const Session& from, Session& to);

QByteArray toJson(const Session& session);

struct ReadSession {
  std::optional<Session> session;  ///< as far as it could be read
  QString fault;                   ///< what is wrong with it; empty: nothing
};
/// A file of a newer version, of another program, or a damaged one gives none. Single values that
/// make no sense are left out, and the fault names them.
ReadSession sessionFromJson(const QByteArray& json);

/// Names as they should be when two windows named experts: `ours`, and what `theirs` has changed
/// since `base`, which both began with, where we did not.
ExpertNames mergedNames(const ExpertNames& base, const ExpertNames& ours,
                        const ExpertNames& theirs);

}  // namespace limoe::gui
