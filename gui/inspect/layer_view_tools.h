// The rows of the layer view above and below its content: which page, what its cells say, what is
// shown and how it was counted.
#pragma once

#include <QWidget>
#include <optional>

#include "gui/inspect/layer_view_maps.h"
#include "gui/view/elided_label.h"

class QBoxLayout;
class QComboBox;
class QLineEdit;
class QTabBar;
class QToolButton;

namespace limoe::gui {

class WordCompleter;
class WordList;

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

  /// What is looked for among the columns of the heat map; empty: the most frequent ones.
  QString names() const;
  /// Shows the columns `kind`, and of them those called `names`.
  void look(MapKind kind, const QString& names);
  void focusNames();
  /// What the columns can be, to be offered, and how many of them are shown.
  void setColumns(const KindCounts& all, std::size_t shown);
  void setTitle(const QString& title);

 Q_SIGNALS:
  void pageChanged();
  void changed();       ///< any other choice
  void namesEntered();  ///< with Enter
  void namesTyped();    ///< changed by hand

 protected:
  bool event(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void makeTabs();
  void makeChoices();
  void makeFind();
  void openList();
  void fitTabs();
  void keepHeight();
  QComboBox* addChoice(const char* name, const QString& accessible_name, const QString& tip,
                       const QStringList& items);
  void showChoices();
  void arrange();  ///< what is looked for beside the choices, or above

  QTabBar* tabs_;
  QBoxLayout* row_;
  QBoxLayout* choices_;
  QComboBox *kinds_, *modalities_, *values_, *orders_;
  QToolButton* definitions_;
  QLabel* count_;
  QBoxLayout* finding_;
  QLineEdit* find_;
  QToolButton* all_words_;
  KindCounts all_;
  WordList* list_ = nullptr;
  WordCompleter* completer_;
  ElidedLabel* title_;
};

}  // namespace limoe::gui
