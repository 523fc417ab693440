// What if: capacity factor, experts per token and priority by sliders, and what would come of them.
#pragma once

#include <QWidget>
#include <memory>

#include "gui/inspect/what_if.h"
#include "gui/view/view_state.h"

namespace limoe::gui {

class WhatIfSource;

/// Asks about the layer and snapshot looked at; "Show in all views" hands the settings to the
/// source, and with it to every view that is fed by it. Works while it is visible only.
class WhatIfPanel : public QWidget {
  Q_OBJECT
 public:
  explicit WhatIfPanel(ViewState& state, QWidget* parent = nullptr);
  ~WhatIfPanel() override;

  /// Begins with the recorded values. nullptr: no run. The source must outlive its use here or be
  /// replaced before it goes.
  void setSource(WhatIfSource* source);

  /// What the sliders say, whether the views show it or not.
  const WhatIfSettings& settings() const;
  void setSettings(const WhatIfSettings& settings);
  /// Whether the views show it.
  bool isApplied() const;
  void setApplied(bool applied);

 Q_SIGNALS:
  void settingsChanged();
  void appliedChanged(bool applied);

 protected:
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> panel_;
};

}  // namespace limoe::gui
