// One value of a configuration: its name, a field, how to take a change back, what it does, and
// what is wrong with it.
#pragma once

#include <QWidget>
#include <nlohmann/json.hpp>

#include "gui/steer/config_keys.h"

class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QToolButton;

namespace limoe::gui {

class ConfigRow : public QWidget {
  Q_OBJECT
 public:
  struct Shown {
    nlohmann::json value;
    nlohmann::json base;  ///< what it was from the start
    QString base_name;    ///< whose that is: "tiny, limoe" or "the parent"
    bool differs = false;
    QString locked;  ///< why it cannot be changed; empty: it can
    QStringList faults;
  };
  /// Widths of the columns, the same in all rows.
  struct Columns {
    int title = 0;
    int field = 0;
    int unit = 0;
    int reset = 0;
    bool narrow = false;  ///< what it does stands below, not beside
  };

  ConfigRow(const ConfigKey& key, QWidget* parent);

  const ConfigKey& key() const { return key_; }
  void setShown(const Shown& shown);
  /// Whether every word of `words` is in its name, its key or its sentence.
  bool matches(const QStringList& words) const;
  void setColumns(const Columns& columns);
  int titleWidth() const;  ///< as it is when it differs
  QWidget* field() const;

 Q_SIGNALS:
  void edited(nlohmann::json value);
  void resetAsked();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void makeField();
  void makeReset();
  void place(bool narrow);
  void showValue(const nlohmann::json& value);
  void tint();

  ConfigKey key_;
  QString range_;
  bool at_fault_ = false;
  QLabel* title_;
  QLineEdit* edit_ = nullptr;  ///< one of the two
  QComboBox* choice_ = nullptr;
  QLabel* unit_;
  QToolButton* reset_;
  QLabel* sentence_;
  QLabel* fault_;
  QGridLayout* grid_;
};

/// A background that says that something is wrong, for the colours in force; nothing else is set.
QPalette faultPalette(const QPalette& now);

}  // namespace limoe::gui
