// The rows of the layer view above and below its content: which page, what its cells say, what is
// shown and how it was counted.
#pragma once

#include <QWidget>
#include <optional>

#include "gui/inspect/layer_view_maps.h"
#include "gui/view/elided_label.h"

class QBoxLayout;
class QComboBox;
class QTabBar;
class QToolButton;

namespace limoe::gui {

class LayerTools : public QWidget {
  Q_OBJECT
 public:
  explicit LayerTools(QWidget* parent = nullptr);

  int page() const;  ///< a LayerView::Page
  void setPage(int page);
  MapKind kind() const;
  std::optional<int> modality() const;  ///< empty: both
  /// What is chosen; on the page of co-activation, which has no lift, the share instead of it.
  CellValue value() const;
  ColumnOrder order() const;
  bool definitionsShown() const;
  void setTitle(const QString& title);

 Q_SIGNALS:
  void pageChanged();
  void changed();  ///< any other choice

 protected:
  bool event(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void makeTabs();
  void makeChoices();
  void fitTabs();
  void keepHeight();
  QComboBox* addChoice(const char* name, const QString& accessible_name, const QString& tip,
                       const QStringList& items);
  void showChoices();
  void arrange();  ///< the title beside the choices, or below

  QTabBar* tabs_;
  QBoxLayout* row_;
  QBoxLayout* choices_;
  QComboBox *kinds_, *modalities_, *values_, *orders_;
  QToolButton* definitions_;
  ElidedLabel* title_;
};

}  // namespace limoe::gui
